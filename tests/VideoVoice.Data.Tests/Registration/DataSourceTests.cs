using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data.Tests.Registration;

public sealed class DataSourceTests : DatabaseTest
{
    [TestCase("", 50, true)]
    [TestCase(";Max Auto Prepare=7", 7, true)]
    [TestCase(";No Reset On Close=false", 50, false)]
    [TestCase(";MaxAutoPrepare=0;NoResetOnClose=false", 0, false)]
    public async Task Statements_are_prepared_and_sessions_not_reset_unless_the_connection_string_says_otherwise(string more, int prepared, bool noReset)
    {
        var settings = await SettingsAsync(o => o.ConnectionString = "Host=h;Database=d" + more);

        Assert.That((settings.MaxAutoPrepare, settings.NoResetOnClose), Is.EqualTo((prepared, noReset)));
        Assert.That(settings.ApplicationName, Is.EqualTo("VideoVoice.Data"));
    }

    [Test]
    public async Task Behind_pgbouncer_nothing_is_prepared_whatever_the_connection_string_says()
    {
        var settings = await SettingsAsync(o => (o.ConnectionString, o.BehindPgBouncer) = ("Host=h;Database=d;Max Auto Prepare=20", true));

        Assert.That((settings.MaxAutoPrepare, settings.NoResetOnClose), Is.EqualTo((0, true)));
    }

    [TestCase(null, "-c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off -c default_transaction_isolation=read\\ committed")]
    [TestCase("-c geqo=off", "-c geqo=off -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off -c default_transaction_isolation=read\\ committed")]
    [TestCase(@"-c application_name=a\\ -c jit=on", @"-c application_name=a\\ -c jit=on -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c enable_seqscan=off -c enable_bitmapscan=off -c default_transaction_isolation=read\ committed")]
    [TestCase(@"-c application_name=a\ -c\ jit=on", @"-c application_name=a\ -c\ jit=on -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off -c default_transaction_isolation=read\ committed")]
    [TestCase("-cjit=on --plan-cache-mode=auto", "-cjit=on --plan-cache-mode=auto -c max_parallel_workers_per_gather=0 -c enable_seqscan=off -c enable_bitmapscan=off -c default_transaction_isolation=read\\ committed")]
    public async Task Each_start_up_option_is_added_unless_the_connection_string_sets_that_very_one(string? own, string expected)
    {
        var settings = await SettingsAsync(o => o.ConnectionString = new NpgsqlConnectionStringBuilder("Host=h;Database=d") { Options = own }.ConnectionString);

        Assert.That(settings.Options, Is.EqualTo(expected));
    }

    [Test]
    public void PGOPTIONS_counts_where_the_connection_string_has_no_Options()
    {
        Assert.That(OptionsOf("Host=h;Database=d"), Does.StartWith("-c geqo=off -c plan_cache_mode="));
        Assert.That(OptionsOf("Host=h;Database=d;Options=-c jit=on"), Does.StartWith("-c jit=on -c plan_cache_mode="));

        static string? OptionsOf(string connectionString)
        {
            using var dataSource = DataSources.Create(
                new VideoVoiceOptions { ConnectionString = connectionString }, null, name => name == "PGOPTIONS" ? "-c geqo=off" : null);
            return new NpgsqlConnectionStringBuilder(dataSource.ConnectionString).Options;
        }
    }

    [Test]
    public async Task Under_a_default_of_serializable_the_library_s_own_statements_are_read_committed_and_do_not_fail()
    {
        await SqlAsync($"alter database \"{new NpgsqlConnectionStringBuilder(ConnectionString).Database}\" set default_transaction_isolation = 'serializable'");
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString + ";Options=-c geqo=off"));
        await using (var connection = await provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(Token))
        {
            await using var command = new NpgsqlCommand("select current_setting('default_transaction_isolation') || current_setting('geqo') || current_setting('plan_cache_mode')", connection);
            Assert.That(await command.ExecuteScalarAsync(Token), Is.EqualTo("read committedoffforce_generic_plan"));

            // A transaction of the caller's is the caller's.
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, Token);
            await using var level = new NpgsqlCommand("select current_setting('transaction_isolation')", connection, transaction);
            Assert.That(await level.ExecuteScalarAsync(Token), Is.EqualTo("serializable"));
        }

        var (videos, voices) = (provider.GetRequiredService<VideoManager>(), provider.GetRequiredService<VoiceManager>());
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var video = await videos.CreateVideoAsync($"{i}", cancellationToken: Token);
            await voices.CreateVoiceRequestsAsync(video, [new("Aluno", "one"), new("Aluno", "two")], cancellationToken: Token);
            foreach (var request in await voices.ClaimVoicesAsync("w", 2, TimeSpan.FromMinutes(1), cancellationToken: Token))
                Assert.That(await voices.CompleteVoiceProcessingAsync(request.Fence, "/a.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        }));
    }

    [Test]
    public async Task Npgsql_s_statements_are_logged_at_Debug()
    {
        using var log = new LogCapture();
        await using var provider = RegistrationTests.Build(services => services.AddSingleton<ILoggerFactory>(log).AddVideoVoiceData(o => o.ConnectionString = ConnectionString));
        await provider.GetRequiredService<SettingManager>().ListSettingsAsync(cancellationToken: Token);

        var statements = log.Entries.Where(e => e.Category == "Npgsql.Command").ToList();
        Assert.That(statements, Is.Not.Empty);
        Assert.That(statements.Select(e => e.Level), Is.All.LessThanOrEqualTo(LogLevel.Debug));
    }

    [Test]
    public async Task An_application_name_of_the_host_stays()
    {
        var settings = await SettingsAsync(o => o.ConnectionString = "Host=h;Database=d;Application Name=generator");

        Assert.That(settings.ApplicationName, Is.EqualTo("generator"));
    }

    [Test]
    public async Task Statements_are_prepared_on_the_server_after_some_uses()
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString + ";Maximum Pool Size=1"));
        var settings = provider.GetRequiredService<SettingManager>();
        for (var i = 0; i < 10; i++)
            await settings.GetSettingAsync("default_language", cancellationToken: Token);

        await using var connection = await provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand("select count(*) from pg_prepared_statements where statement like '%from settings%'", connection);
        Assert.That(await command.ExecuteScalarAsync(Token), Is.EqualTo(1));
    }

    [Test]
    public async Task Nothing_connects_before_it_is_used()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => o.ConnectionString = $"Host=127.0.0.1;Port={port};Database=d;Username=u;Password=p;Timeout=1"));
        foreach (var service in RegistrationTests.Services)
            provider.GetRequiredService(service);

        Assert.That(listener.Pending(), Is.False);

        listener.Stop();
        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => provider.GetRequiredService<SettingManager>().ListSettingsAsync(cancellationToken: Token));
        Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.ConnectionRefused));
        Assert.That(e.Message, Does.Contain($"127.0.0.1:{port}"));
    }

    private static async Task<NpgsqlConnectionStringBuilder> SettingsAsync(Action<VideoVoiceOptions> configure)
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(configure));
        return new NpgsqlConnectionStringBuilder(provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).ConnectionString);
    }
}
