using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>The password of a connection string is in no log, exception, span or metric, even where Persist Security Info asks for it.</summary>
[CancelAfter(60_000)]
public sealed class SecretTests : DatabaseTest
{
    /// <summary>Of this test alone: the listeners hear of the statements of all tests, one of which creates another marker's role.</summary>
    private readonly string _marker = $"m4rker-{Guid.NewGuid():N}";

    private readonly ConcurrentQueue<string> _seen = new();
    private readonly LogCapture _log = new() { WithState = true };
    private string _role = null!;

    protected override bool NeedsPasswords => true;

    [SetUp]
    public async Task CreateRoleAsync()
    {
        _role = $"secret_{Guid.NewGuid():N}";
        await SqlAsync($"create role {_role} login createdb password '{_marker}'; grant all on all tables in schema public to {_role}");
        _log.Clear();
        _seen.Clear();
    }

    [TearDown]
    public async Task DropRoleAsync()
    {
        _log.Dispose();
        await SqlAsync($"drop owned by {_role}; drop role {_role}");
    }

    private static IEnumerable<TestCaseData> Failures =>
    [
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.Port = 1)).SetArgDisplayNames("refused port"),
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.Password += "-wrong")).SetArgDisplayNames("wrong password"),
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.SslMode = SslMode.Require)).SetArgDisplayNames("no TLS"),
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.Host = "no-such-host.invalid")).SetArgDisplayNames("unknown host"),
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.Database = "no_such_database")).SetArgDisplayNames("unknown database"),
        new TestCaseData((Action<NpgsqlConnectionStringBuilder>)(c => c.Username = "no_such_user")).SetArgDisplayNames("unknown user"),
    ];

    [TestCaseSource(nameof(Failures))]
    public async Task A_connection_that_fails_shows_no_password(Action<NpgsqlConnectionStringBuilder> change)
    {
        using var listening = Listen();
        await using var provider = Build(change, o => o.CreateDatabase = false);

        Keep(await Assert.CatchAsync(() => provider.GetRequiredService<VideoManager>().ListVideosAsync(cancellationToken: Token)));
        Keep(await Assert.CatchAsync(() => provider.GetRequiredService<SchemaInitializer>().InitializeAsync(Token)));
        Keep(await Assert.CatchAsync(async () => await provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(Token)));

        AssertNoSecret(provider);
    }

    [Test]
    public async Task Statements_that_succeed_and_fail_show_no_password()
    {
        using var listening = Listen();
        await using var provider = Build(_ => { });
        var videos = provider.GetRequiredService<VideoManager>();
        var id = await videos.CreateVideoAsync("Video", cancellationToken: Token);
        Keep(await Assert.CatchAsync(() => provider.GetRequiredService<VoiceManager>().CreateVoiceRequestAsync(Guid.NewGuid(), "Ana", "Oi", cancellationToken: Token)));
        await SqlAsync("alter table videos rename column title to elsewhere");
        Keep(await Assert.CatchAsync(() => videos.GetVideoAsync(id, cancellationToken: Token)));

        Assert.That(_seen, Is.Not.Empty);
        AssertNoSecret(provider);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_database_that_is_created_or_refused_shows_no_password(bool mayCreate)
    {
        if (!mayCreate)
            await SqlAsync($"alter role {_role} nocreatedb");
        var database = $"secret_{Guid.NewGuid():N}";
        using var listening = Listen();
        await using var provider = Build(c => c.Database = database);
        var initializer = provider.GetRequiredService<SchemaInitializer>();
        try
        {
            if (mayCreate)
                Assert.That((await initializer.InitializeAsync(Token)).DatabaseCreated, Is.True);
            else
                Keep(await Assert.ThrowsAsync<DatabaseConnectionException>(() => initializer.InitializeAsync(Token)));

            AssertNoSecret(provider);
        }
        finally
        {
            await provider.DisposeAsync();
            await SqlAsync($"drop database if exists {database} with (force)");
        }
    }

    [Test]
    public async Task A_worker_whose_database_is_away_shows_no_password()
    {
        using var listening = Listen();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILoggerFactory>(_log).AddVideoVoiceData(o => o.ConnectionString = Connection(c => c.Port = 1)).AddVoiceWorker<Never>();
        builder.Services.AddHealthChecks().AddVideoVoice();
        using var host = builder.Build();
        await host.StartAsync(Token);
        Assert.That(await Eventually.HoldsAsync(() => _log.Entries.Any(e => e.Event.Id == 105), TimeSpan.FromSeconds(20)), Is.True, "The worker has not tried.");
        var health = await host.Services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>().CheckHealthAsync(Token);
        await host.StopAsync(Token);

        foreach (var (_, entry) in health.Entries)
        {
            _seen.Enqueue($"{entry.Description} {string.Join(' ', entry.Data)}");
            Keep(entry.Exception);
        }

        AssertNoSecret(host.Services);
    }

    private string Connection(Action<NpgsqlConnectionStringBuilder> change)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString) { Username = _role, Password = _marker, PersistSecurityInfo = true, IncludeErrorDetail = true };
        change(connection);
        return connection.ConnectionString;
    }

    private ServiceProvider Build(Action<NpgsqlConnectionStringBuilder> change, Action<VideoVoiceOptions>? configure = null) =>
        RegistrationTests.Build(services => services
            .AddSingleton<ILoggerFactory>(_log)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddVideoVoiceData(o =>
            {
                o.ConnectionString = Connection(change);
                configure?.Invoke(o);
            }));

    private void Keep(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
            _seen.Enqueue($"{e} {string.Join(' ', e.Data.Values.Cast<object?>())}");
    }

    private void AssertNoSecret(IServiceProvider provider)
    {
        foreach (var service in RegistrationTests.Services)
            _seen.Enqueue($"{provider.GetRequiredService(service)}");
        var dataSource = provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name);
        _seen.Enqueue($"{dataSource} {dataSource.ConnectionString} {provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value}");

        Assert.That(_log.Text, Is.Not.Empty.And.Not.Contain(_marker));
        Assert.That(_seen, Is.Not.Empty.And.None.Contains(_marker));
    }

    /// <summary>Keeps the tags of every span and measurement of Npgsql and of the library.</summary>
    private Listeners Listen()
    {
        var spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "VideoVoice.Data",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => _seen.Enqueue($"{string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))} {activity.StatusDescription} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(spans);
        var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name is "Npgsql" or "VideoVoice.Data")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<int>((_, _, tags, _) => Measured(tags));
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) => Measured(tags));
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => Measured(tags));
        meters.Start();
        return new Listeners(spans, meters);

        void Measured(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (key, value) in tags)
                _seen.Enqueue($"{key}={value}");
        }
    }

    private sealed record Listeners(ActivityListener Spans, MeterListener Meters) : IDisposable
    {
        public void Dispose()
        {
            Meters.RecordObservableInstruments();
            Meters.Dispose();
            Spans.Dispose();
        }
    }

    private sealed class Never : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token) => Task.FromException<SynthesizedVoice>(new NotSupportedException());
    }
}
