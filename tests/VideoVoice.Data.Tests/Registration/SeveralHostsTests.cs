using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>A connection string with a primary and its standby.</summary>
public sealed class SeveralHostsTests : WorkerTest
{
    [Test, CancelAfter(240_000)]
    [Platform(Exclude = "Win", Reason = "pg_ctl is run as the server's user.")]
    public async Task Work_goes_on_when_the_primary_is_killed_and_its_standby_is_promoted(CancellationToken cancellationToken)
    {
        await using var primary = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Durable = true, StartTimeout = TimeSpan.FromMinutes(3) }, cancellationToken);
        await using var standby = await Standby.StartAsync(primary, cancellationToken);
        var database = await primary.CreateDatabaseAsync(cancellationToken: cancellationToken);
        await using (var dataSource = NpgsqlDataSource.Create(database))
            await new SchemaInitializer(dataSource).InitializeAsync(cancellationToken);
        // The standby first: it must not be taken for the server of the database.
        var both = new NpgsqlConnectionStringBuilder(database) { Host = $"127.0.0.1:{standby.Port},127.0.0.1:{primary.Port}", CommandTimeout = 5 }.ConnectionString;
        var host = await StartWorkerAsync(
            async (request, token) =>
            {
                await Task.Delay(40, token);
                return new SynthesizedVoice($"/{request.Id}.wav");
            },
            o => o.Concurrency = 4,
            both);
        var voices = host.Services.GetRequiredService<VoiceManager>();
        var created = await host.Services.GetRequiredService<VideoManager>().CreateVideoWithVoicesAsync(
            new NewVideo("Failover"), [.. Enumerable.Range(0, 200).Select(i => new NewVoiceRequest("Aluno", $"{i}"))], cancellationToken: cancellationToken);
        while ((await voices.ListCompletedAudioPathsAsync(created.Id, cancellationToken: cancellationToken)).Count < 30)
            await Task.Delay(20, cancellationToken);
        var before = await voices.ListCompletedAudioPathsAsync(created.Id, cancellationToken: cancellationToken);
        await AssertReadFromStandbyAsync(host, created.Id, cancellationToken);

        await standby.TakeOverAsync(cancellationToken);
        var result = await voices.WaitForVoicesAsync(created.Id, cancellationToken: cancellationToken);

        var after = await voices.ListCompletedAudioPathsAsync(created.Id, cancellationToken: cancellationToken);
        await host.StopAsync(cancellationToken);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result!.AllCompleted, Is.True);
            Assert.That(before, Is.SubsetOf(after), "What was acknowledged is there.");
            Assert.That(Log.Entries.Count(e => e.Category.StartsWith("VideoVoice", StringComparison.Ordinal) && e is { Level: LogLevel.Warning, Event.Id: 6 }), Is.InRange(1, 3), "It is away once, or once more while the standby is being promoted.");
        }
    }

    [Test]
    public async Task A_missing_database_is_created_on_the_host_that_answers_and_used()
    {
        var database = $"several_{Guid.NewGuid():N}";
        var target = new NpgsqlConnectionStringBuilder(ConnectionString);
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString =
            new NpgsqlConnectionStringBuilder(ConnectionString) { Host = $"127.0.0.1:1,{target.Host}:{target.Port}", Database = database, Pooling = false }.ConnectionString));
        try
        {
            var result = await provider.GetRequiredService<SchemaInitializer>().InitializeAsync(Token);

            Assert.That((result.DatabaseCreated, result.Version), Is.EqualTo((true, SchemaInitializer.LatestVersion)));
            Assert.That(await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token), Is.Not.EqualTo(Guid.Empty));
        }
        finally
        {
            await SqlAsync($"drop database if exists {database} with (force)");
        }
    }

    [Test]
    public async Task Hosts_that_are_all_down_are_named_each_with_its_port()
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = "Host=127.0.0.1:1,127.0.0.1;Port=2;Username=u;Database=d"));

        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token));

        Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.ConnectionRefused));
        Assert.That(e.Message, Does.StartWith("None of 127.0.0.1:1, 127.0.0.1:2 answers as the primary"));
    }

    [TestCase("Host=a,b", 1)]
    [TestCase("Host=a,b;Host Recheck Seconds=7", 7)]
    [TestCase("Host=a", 10)]
    public async Task A_host_is_looked_at_again_after_a_second_unless_the_connection_string_says_otherwise(string hosts, int seconds)
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = $"{hosts};Database=d"));

        var dataSource = provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name);

        Assert.That(new NpgsqlConnectionStringBuilder(dataSource.ConnectionString).HostRecheckSeconds, Is.EqualTo(seconds));
    }

    [TestCase("primary")]
    [TestCase("read-write")]
    [TestCase("any")]
    public async Task One_host_may_have_a_target(string target)
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = $"{ConnectionString};Target Session Attributes={target}"));

        Assert.That(await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token), Is.Not.EqualTo(Guid.Empty));
    }

    [Test]
    public async Task No_connection_is_left_when_the_container_is_disposed_of()
    {
        var target = new NpgsqlConnectionStringBuilder(ConnectionString);
        await using (var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString =
            new NpgsqlConnectionStringBuilder(ConnectionString) { Host = $"{target.Host}:{target.Port},127.0.0.1:1", ApplicationName = "several" }.ConnectionString)))
        {
            await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);
            Assert.That(await OpenAsync(), Is.EqualTo(1));
        }

        for (var i = 0; i < 100 && await OpenAsync() > 0; i++)
            await Task.Delay(50, Token);
        Assert.That(await OpenAsync(), Is.Zero);

        Task<long> OpenAsync() => ScalarAsync<long>("select count(*) from pg_stat_activity where application_name = 'several'");
    }

    [TestCase("h", 5432, "h:5432")]
    [TestCase("h:1,g", 5432, "h:1, g:5432")]
    [TestCase("[::1]:7,::1", 5433, "[::1]:7, ::1:5433")]
    public void Hosts_are_written_with_their_ports(string hosts, int port, string expected) =>
        Assert.That(Data.Registration.ConnectionStrings.ServerOf(new NpgsqlConnectionStringBuilder { Host = hosts, Port = port }), Is.EqualTo(expected));

    /// <summary>As docs/operations.md shows it.</summary>
    private static async Task AssertReadFromStandbyAsync(IHost host, Guid video, CancellationToken cancellationToken)
    {
        var hosts = host.Services.GetRequiredKeyedService<NpgsqlMultiHostDataSource>(VideoVoiceOptions.Name);
        var dataSource = hosts.WithTargetSession(TargetSessionAttributes.PreferStandby);
        await using (var command = dataSource.CreateCommand("select pg_is_in_recovery() and now() - pg_last_xact_replay_timestamp() > interval '0'"))
            Assert.That(await command.ExecuteScalarAsync(cancellationToken), Is.True);
        var status = new StatusManager(dataSource);
        while (await status.GetVideoProcessingStatusAsync(video, cancellationToken: cancellationToken) is null or { CompletedVoices: < 30 })
            await Task.Delay(20, cancellationToken);
    }
}
