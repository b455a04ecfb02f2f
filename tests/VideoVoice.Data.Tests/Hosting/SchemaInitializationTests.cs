using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class SchemaInitializationTests : WorkerTest
{
    protected override bool Initialized => false;

    [Test]
    public async Task The_schema_is_there_before_the_worker_starts_whatever_was_registered_first()
    {
        await StartWorkerAsync(new ControlledSynthesizer(), null, null, services => services.AddVideoVoiceSchemaInitialization());

        await UntilAsync(() => Logged(100) == 1, "The worker has not started.");
        var events = Log.Entries.Select(e => e.Message).ToList();
        var migrated = events.FindLastIndex(message => message.StartsWith("Applied the migration", StringComparison.Ordinal));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await new SchemaInitializer(DataSource).GetSchemaVersionAsync(Token), Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(migrated, Is.Not.Negative);
            Assert.That(migrated, Is.LessThan(events.FindIndex(message => message.StartsWith("Worker ", StringComparison.Ordinal))));
        }
    }

    [Test]
    public async Task A_schema_that_cannot_be_made_stops_the_start()
    {
        await SqlAsync("create table videos (id integer)");

        await Assert.CatchAsync(() => StartWorkerAsync(new ControlledSynthesizer(), null, null, services => services.AddVideoVoiceSchemaInitialization()));
        Assert.That(Logged(100), Is.Zero, "The worker did not start.");
    }

    [Test]
    public async Task The_health_check_is_unhealthy_without_the_schema()
    {
        var entry = await HealthCheckTests.CheckAsync(ConnectionString);

        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(entry.Description, Is.EqualTo($"The schema has version 0; this library needs {SchemaInitializer.LatestVersion}. Run SchemaInitializer.InitializeAsync."));
    }
}
