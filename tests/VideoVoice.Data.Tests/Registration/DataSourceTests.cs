using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;

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

    [Test]
    public async Task No_password_is_in_a_log_a_message_or_a_text_of_an_object()
    {
        var real = new NpgsqlConnectionStringBuilder(ConnectionString) { IncludeErrorDetail = true };
        using var log = new LogCapture();
        await using var provider = RegistrationTests.Build(services => services
            .AddSingleton<ILoggerFactory>(log)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddVideoVoiceData(o => o.ConnectionString = real.ConnectionString));
        await provider.GetRequiredService<SchemaInitializer>().InitializeAsync(Token);
        await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);

        using var wrongLog = new LogCapture();
        var wrong = new NpgsqlConnectionStringBuilder(ConnectionString) { Password = "wr0ng-s3cret" };
        await using var refused = RegistrationTests.Build(services => services
            .AddSingleton<ILoggerFactory>(wrongLog)
            .AddVideoVoiceData(o => o.ConnectionString = wrong.ConnectionString));
        var e = await Assert.ThrowsAsync<DatabaseConnectionException>(() => refused.GetRequiredService<SettingManager>().ListSettingsAsync(cancellationToken: Token));

        var dataSource = refused.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(log.Entries, Is.Not.Empty);
            Assert.That(log.Text, Does.Not.Contain(real.Password!));
            Assert.That(e!.Problem, Is.EqualTo(ConnectionProblem.AuthenticationFailed));
            Assert.That(e.ToString(), Does.Not.Contain("s3cret"));
            Assert.That(wrongLog.Text, Does.Not.Contain("s3cret"));
            Assert.That(dataSource.ConnectionString, Does.Not.Contain("s3cret"));
            Assert.That($"{dataSource} {new VideoVoiceOptions { ConnectionString = wrong.ConnectionString }}", Does.Not.Contain("s3cret"));
            foreach (var service in RegistrationTests.Services)
                Assert.That(refused.GetRequiredService(service).ToString(), Does.Not.Contain("s3cret"));
        }
    }

    private static async Task<NpgsqlConnectionStringBuilder> SettingsAsync(Action<VideoVoiceOptions> configure)
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(configure));
        return new NpgsqlConnectionStringBuilder(provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).ConnectionString);
    }
}
