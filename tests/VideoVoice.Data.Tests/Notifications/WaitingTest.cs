using System.Diagnostics;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Tests.Processes;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>A test of waits, with voice managers of its own that the poll does not help: what wakes them is a notification.</summary>
public abstract class WaitingTest : QueueTest
{
    private readonly List<IAsyncDisposable> _mine = [];

    protected override TimeProvider Time => TimeProvider.System;

    private protected LogCapture Log { get; } = new();

    /// <summary>Far below the poll interval of an hour, far above what a notification takes.</summary>
    protected static TimeSpan Soon { get; } = TimeSpan.FromSeconds(10);

    protected static VideoVoiceOptions Hourly => new() { PollInterval = TimeSpan.FromHours(1) };

    [TearDown]
    public async Task DisposeOfManagersAsync()
    {
        for (var i = _mine.Count - 1; i >= 0; i--)
            await _mine[i].DisposeAsync().AsTask().WaitAsync(TearDownLimit);
    }

    protected VoiceManager Manager(VideoVoiceOptions? options = null, NpgsqlDataSource? dataSource = null)
    {
        var manager = new VoiceManager(dataSource ?? DataSource, options ?? Hourly, new Logger<VoiceManager>(Log));
        _mine.Add(manager);
        return manager;
    }

    /// <summary>A data source whose connections can be told from others in pg_stat_activity.</summary>
    protected NpgsqlDataSource NamedDataSource(string name, int maxPoolSize = 5)
    {
        var connectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { ApplicationName = name, MaxPoolSize = maxPoolSize };
        var dataSource = DataSources.Create(new VideoVoiceOptions { ConnectionString = connectionString.ConnectionString }, null);
        _mine.Add(dataSource);
        return dataSource;
    }

    /// <summary>A video with one request and no notification of it, so that none wakes a sleeper late.</summary>
    protected async Task<Guid> CreateQuietlyAsync()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await QueueAsync(video, "one", 0);
        return video;
    }

    /// <summary>Until the query gives true.</summary>
    protected async Task EventuallyAsync(string query, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        var started = Stopwatch.GetTimestamp();
        while (!await connection.ExecuteScalarAsync<bool>(query, parameters))
        {
            Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(15)), query);
            await Task.Delay(5, Token);
        }
    }

    /// <summary>Until so many listeners have registered.</summary>
    protected Task RegisteredAsync(string waitsFor, int count = 1) =>
        EventuallyAsync("select count(*) = @count from videovoice_listeners where waits_for = @waitsFor", new { waitsFor, count });

    /// <summary>Until so many processes have registered for work, looked for it and lain down.</summary>
    protected async Task AsleepAsync(int count = 1)
    {
        await RegisteredAsync("work", count);
        await UntilAsync(() => _mine.OfType<VoiceManager>().Count(manager => manager.IsAsleep) >= count);
    }

    protected static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Assert.That(await Eventually.HoldsAsync(condition, TimeSpan.FromSeconds(15)), Is.True, what);

    protected static async Task InTimeAsync(Task waiting) => await waiting.WaitAsync(Soon, Token);

    protected static async Task<T> InTimeAsync<T>(Task<T> waiting) => await waiting.WaitAsync(Soon, Token);
}
