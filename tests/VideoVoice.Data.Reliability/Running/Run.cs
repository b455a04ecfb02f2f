using System.Diagnostics;
using Dapper;
using Npgsql;
using VideoVoice.Data.Reliability.Checking;
using VideoVoice.Data.Reliability.History;
using VideoVoice.Data.Reliability.Nemesis;
using VideoVoice.Data.Reliability.Workers;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>One run: generators, waiters and workers on one server while the nemesis acts; then everything comes to its end and the histories are checked.</summary>
internal sealed class Run(RunOptions options, Action<string> report)
{
    private readonly List<string> _violations = [];

    internal async Task<RunResult> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        void Unobserved(object? sender, UnobservedTaskExceptionEventArgs e) => AddViolation($"No task observed {e.Exception}");
        TaskScheduler.UnobservedTaskException += Unobserved;
        await using var cluster = await Cluster.StartAsync(options.Workers, options.DiskMegabytes);
        foreach (var worker in cluster.Workers)
            worker.Start();

        Generator generator;
        Storms storms;
        var managerOptions = new VideoVoiceOptions { PollInterval = RunOptions.PollInterval };
        await using (var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.Server.ConnectionString) { ApplicationName = "generator", CommandTimeout = 5, MaxPoolSize = 10 }))
        await using (var videos = new VideoManager(cluster.Generators, managerOptions))
        await using (var voices = new VoiceManager(cluster.Generators, managerOptions))
        await using (var direct = new VoiceManager(dataSource, managerOptions))
        {
            generator = new Generator(videos, voices, direct, options.Seed, await CreateMappingsAsync(dataSource));
            storms = new Storms(cluster, options.Faults, options.Seed, options.AtATime);
            try
            {
                await GenerateAsync(generator, storms, cluster, clock);
            }
            catch (Exception)
            {
                // An error that no fault explains: what the server says of it is not in the exception.
                foreach (var line in cluster.Server.ReadLog().SkipWhile(line => !line.Contains("deadlock detected", StringComparison.Ordinal)).Take(150))
                    report(line);
                throw;
            }
        }

        // At most the shut-down time of a host, and what it may need after it.
        foreach (var wrong in await Task.WhenAll(cluster.Workers.Select(w => w.StopAsync(TimeSpan.FromSeconds(20)))))
        {
            if (wrong is not null)
                AddViolation(wrong);
        }

        await cluster.Generators.DisposeAsync();
        var result = await CheckAsync(cluster, generator, storms, clock);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= Unobserved;
        return result;
    }

    private static async Task<IReadOnlyList<Guid>> CreateMappingsAsync(NpgsqlDataSource dataSource)
    {
        var mappings = new VoiceMappingManager(dataSource);
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
            ids.Add(await mappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = $"voice{i}", VoiceName = $"Voice {i}", VoiceFile = $"voice{i}.wav", Language = "pt-br" }));
        return ids;
    }

    private async Task GenerateAsync(Generator generator, Storms storms, Cluster cluster, Stopwatch clock)
    {
        using var stopping = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        // Before the first video is finished, the workers may still be starting, and a fault would meet nobody.
        await generator.RunAsync(0, over.Token).WaitAsync(options.EndLimit);
        var nemesis = storms.RunAsync(stopping.Token);
        var open = new List<Task>();
        var requests = generator.LinesOf(0);
        var reported = 0L;
        for (var number = 1; requests < options.Requests || storms.Turns < options.Turns; number++)
        {
            if (nemesis.IsFaulted)
                await nemesis;
            requests += generator.LinesOf(number);
            open.Add(generator.RunAsync(number, over.Token));
            await Task.Delay(options.Pause);
            while (open.Count >= options.Videos)
            {
                var first = await Task.WhenAny(open);
                open.Remove(first);
                // What no fault explains ends the run.
                await first;
                if (clock.ElapsedMilliseconds - reported > 30_000)
                {
                    reported = clock.ElapsedMilliseconds;
                    report($"seed {options.Seed}: {generator.Finished:N0} of {options.Requests:N0} requests, {storms.Disturbances.Count} faults, {clock.Elapsed.TotalSeconds:0} s");
                }
            }
        }

        await stopping.CancelAsync();
        await nemesis;
        await cluster.Server.EnsureRunningAsync();
        try
        {
            await Task.WhenAll(open).WaitAsync(options.EndLimit);
        }
        catch (TimeoutException)
        {
            AddViolation($"{open.Count(t => !t.IsCompleted)} generators had not finished {options.EndLimit.TotalSeconds} s after the last fault.");
            foreach (var call in Repeating.OpenCalls.Take(10))
                report(call);
            foreach (var row in await ListOpenVoicesAsync(cluster))
                report(row);
            await over.CancelAsync();
            await Task.WhenAll(open).ContinueWith(static all => _ = all.Exception, TaskScheduler.Default);
        }
    }

    private async Task<RunResult> CheckAsync(Cluster cluster, Generator generator, Storms storms, Stopwatch clock)
    {
        var histories = Directory.EnumerateFiles(cluster.Folder).Select(HistoryFile.Read).ToList();
        foreach (var error in histories.SelectMany(h => h.Errors))
            AddViolation(error);
        foreach (var wrong in generator.WrongAnswers)
            AddViolation(wrong);

        await using var connection = await cluster.Server.ConnectAsync();
        foreach (var session in await ListSessionsLeftAsync(connection))
            AddViolation($"A connection is left: {session}");

        var offset = await AuditTrail.ReadOffsetAsync(connection);
        var calls = histories.SelectMany(h => h.Calls).ToLookup(c => c.Voice);
        var waits = generator.Waits.ToLookup(w => w.Video);
        var calm = new Calm(storms.Disturbances);
        var (requests, transitions) = (0, 0L);
        foreach (var part in generator.Created.Chunk(500))
        {
            var rows = await AuditTrail.ReadAsync(connection, [.. part.Select(v => v.Id)], offset);
            foreach (var created in part)
            {
                var own = rows.Transitions[created.Id].ToList();
                var history = new VideoHistory(
                    created,
                    rows.Statuses.GetValueOrDefault(created.Id),
                    [.. rows.Rows[created.Id]],
                    own,
                    [.. rows.Rows[created.Id].SelectMany(r => calls[r.Id])],
                    [.. waits[created.Id].Select(w => w with { SinceFinished = calm.SinceFinished(w, own), LastFaults = calm.LastFaults(w) })]);
                requests += history.Rows.Count;
                transitions += own.Count;
                foreach (var violation in Checker.Check(history, options.LongestWait))
                    AddViolation(violation.ToString());
            }
        }

        return new RunResult(
            options.Seed, clock.Elapsed, generator.Created.Count, requests, calls.Sum(c => c.LongCount()), transitions, generator.Waits.Count,
            calls.Sum(c => c.Count(call => call.Outcome is null)), storms.Disturbances.GroupBy(d => d.Fault).ToDictionary(g => g.Key, g => g.Count()), _violations);
    }

    private static async Task<IEnumerable<string>> ListOpenVoicesAsync(Cluster cluster)
    {
        await using var connection = await cluster.Server.ConnectAsync();
        return await connection.QueryAsync<string>("select to_jsonb(v)::text from voices v where v.status in ('pending', 'processing') limit 10");
    }

    /// <summary>Who was disposed of has no connection. The server's process ends a moment after its client has closed.</summary>
    private static async Task<List<string>> ListSessionsLeftAsync(NpgsqlConnection connection)
    {
        for (var end = DateTime.UtcNow.AddSeconds(15); ; await Task.Delay(50))
        {
            var left = (await connection.QueryAsync<string>(
                "select application_name || ': ' || query from pg_stat_activity where datname = current_database() and application_name <> 'nemesis'")).AsList();
            if (left.Count == 0 || DateTime.UtcNow > end)
                return left;
        }
    }

    private void AddViolation(string text)
    {
        lock (_violations)
            _violations.Add(text);
    }
}
