using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class HealthCheckTests : DatabaseTest
{
    [Test]
    public async Task It_is_healthy_and_says_how_old_the_oldest_pending_request_is()
    {
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set created_at = created_at - interval '1 hour'");

        var entry = await CheckAsync(ConnectionString);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy));
            Assert.That(entry.Data["pending_voices"], Is.EqualTo(2));
            Assert.That(entry.Data["processing_voices"], Is.Zero);
            Assert.That(entry.Data["schema_version"], Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(entry.Data["oldest_pending_age_seconds"], Is.InRange(3600.0, 3700.0));
        }
    }

    [TestCase(1, HealthStatus.Degraded), TestCase(120, HealthStatus.Healthy)]
    public async Task It_is_degraded_when_a_request_waits_too_long(int minutes, HealthStatus status)
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set created_at = created_at - interval '1 hour'");

        var entry = await CheckAsync(ConnectionString, maxPendingAge: TimeSpan.FromMinutes(minutes));

        Assert.That(entry.Status, Is.EqualTo(status));
    }

    [Test]
    public async Task It_fails_with_an_older_schema_and_says_what_to_run()
    {
        await SqlAsync("delete from videovoice_migrations where version = (select max(version) from videovoice_migrations)");

        var entry = await CheckAsync(ConnectionString);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(entry.Description, Does.Contain($"version {SchemaInitializer.LatestVersion - 1};").And.Contain("SchemaInitializer.InitializeAsync"));
            Assert.That(entry.Data["schema_version"], Is.EqualTo(SchemaInitializer.LatestVersion - 1));
        }
    }

    [TestCase(null, HealthStatus.Unhealthy), TestCase(HealthStatus.Degraded, HealthStatus.Degraded)]
    public async Task It_fails_without_a_database(HealthStatus? failureStatus, HealthStatus status)
    {
        using var log = new LogCapture();
        var entry = await CheckAsync("Host=127.0.0.1;Port=1;Username=u;Password=s3cret;Database=d", failureStatus: failureStatus, log: log);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Status, Is.EqualTo(status));
            Assert.That(entry.Exception, Is.TypeOf<DatabaseConnectionException>());
            Assert.That(entry.Description, Does.StartWith("No PostgreSQL answers at 127.0.0.1:1.").And.Not.Contain("s3cret"));
            Assert.That(log.Entries.Select(e => e.Event.Name), Has.None.EqualTo("HealthCheckError"), "It is an answer of the check, not an error in it.");
        }
    }

    internal static async Task<HealthReportEntry> CheckAsync(string connectionString, TimeSpan? maxPendingAge = null, HealthStatus? failureStatus = null, ILoggerFactory? log = null)
    {
        var services = new ServiceCollection().AddSingleton(log ?? NullLoggerFactory.Instance).AddLogging().AddVideoVoiceData(o => o.ConnectionString = connectionString);
        services.AddHealthChecks().AddVideoVoice(maxPendingAge: maxPendingAge, failureStatus: failureStatus);
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);
        return report.Entries["videovoice"];
    }
}
