using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Workers in processes of their own, which the tests kill.</summary>
[Platform(Exclude = "Win", Reason = "SIGKILL and faketime are of Unix.")]
public sealed class WorkerProcessesTests : DatabaseTest
{
    private readonly List<ChildProcess> _workers = [];

    [TearDown]
    public void KillWorkers()
    {
        foreach (var worker in _workers)
        {
            // faketime may stand before its program as a process of its own.
            worker.Kill(withChildren: true);
            worker.Dispose();
        }
    }

    [Test, CancelAfter(240_000)]
    public async Task Workers_killed_each_second_complete_each_request_once_and_in_order(CancellationToken cancellationToken)
    {
        // On a machine so busy that no worker comes to work within the seconds it has to live, the killing must end.
        const int videoCount = 20, lineCount = 100, mostKills = 60;
        await CountCompletionsAsync();
        var texts = Enumerable.Range(0, lineCount).Select(i => $"{i}").ToArray();
        var videos = new List<Guid>();
        for (var i = 0; i < videoCount; i++)
            videos.Add(await CreateVideoAsync(texts));
        // A request that is among the victims again and again shall not fail for good.
        await SqlAsync("update voices set max_attempts = 1000");
        for (var i = 0; i < 8; i++)
            Start($"w{i}", 100, leaseSeconds: 2);

        var (killed, lastKill) = (0, Stopwatch.GetTimestamp());
        while (await ScalarAsync<bool>("select exists (select from voices where status <> 'completed')"))
        {
            if (killed < mostKills && Stopwatch.GetElapsedTime(lastKill) >= TimeSpan.FromSeconds(1))
            {
                // The oldest of the eight, so that each lives long enough to claim.
                _workers[killed].Kill();
                Start($"w{8 + killed++}", 100, leaseSeconds: 2);
                lastKill = Stopwatch.GetTimestamp();
            }

            await Task.Delay(50, cancellationToken);
        }

        TestContext.Out.WriteLine($"{killed} workers killed, {await ScalarAsync<long>("select count(*) from voices where attempt > 1")} requests synthesized again.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(killed, Is.GreaterThan(0));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where attempt > 1"), Is.GreaterThan(0), "No kill met a synthesis that was being synthesized.");
            Assert.That(await ScalarAsync<long>("select count(*) from voices"), Is.EqualTo(videoCount * lineCount));
            Assert.That(await ScalarAsync<long>("select count(*) from completions"), Is.EqualTo(videoCount * lineCount));
            Assert.That(await ScalarAsync<long>("select count(distinct voice_id) from completions"), Is.EqualTo(videoCount * lineCount));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where output_audio_path <> format('/%s/%s/%s.wav', worker_id, id, attempt)"), Is.Zero, "A path is another attempt's.");
            Assert.That(await ScalarAsync<long>("select count(*) from voices where jsonb_array_length(errors) <> attempt - 1"), Is.Zero, "Each lost attempt leaves its error.");
        }

        foreach (var video in videos)
        {
            var audio = await Voices.ListCompletedAudioPathsAsync(video, cancellationToken: cancellationToken);
            Assert.That(audio.Select(a => a.Position), Is.EqualTo(Enumerable.Range(0, lineCount)));
        }
    }

    [Test, CancelAfter(180_000)]
    public async Task Another_worker_synthesizes_the_request_of_a_killed_one_when_its_lease_has_ended(CancellationToken cancellationToken)
    {
        await CountCompletionsAsync();
        var video = await CreateVideoAsync("hang");
        var hangs = Start("hangs", 1, leaseSeconds: 2);
        while (!(await hangs.ReadLineAsync(cancellationToken)).StartsWith("hangs", StringComparison.Ordinal))
        {
        }

        hangs.Kill();
        Start("rescuer", 1, leaseSeconds: 60);

        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: cancellationToken);
        var voice = (await Voices.ListVoicesAsync(video, cancellationToken: cancellationToken)).Single();
        var errors = await Voices.ListVoiceErrorsAsync(voice.Id, cancellationToken: cancellationToken);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result!.AllCompleted, Is.True);
            Assert.That((voice.Attempt, voice.OutputAudioPath), Is.EqualTo((2, $"/rescuer/{voice.Id}/2.wav")));
            Assert.That(errors.Select(e => (e.Attempt, e.WorkerId, e.Message)), Is.EqualTo(new[] { (1, "hangs", "The lease expired.") }));
        }
    }

    [TestCase("INT"), TestCase("TERM"), CancelAfter(180_000)]
    public async Task A_signal_to_the_process_group_which_ends_the_synthesizer_s_child_too_costs_no_attempt(string signal, CancellationToken cancellationToken)
    {
        if (!File.Exists("/usr/bin/setsid"))
            Assert.Ignore("There is no setsid. Install it: apt-get install util-linux.");
        var video = await CreateVideoAsync("child");
        var description = ChildProcess.Describe("worker", ConnectionString, "group", "1", "60");
        description.FileName = "/usr/bin/setsid";
        description.ArgumentList.Insert(0, ChildProcess.Dotnet);
        var worker = ChildProcess.Start(description);
        _workers.Add(worker);
        while (await worker.ReadLineAsync(cancellationToken) != "child")
        {
        }

        // The group of a process has its id.
        await ChildProcess.SignalAsync(signal, -worker.Id, cancellationToken);
        await worker.WaitForExitAsync(cancellationToken);

        var voice = (await Voices.ListVoicesAsync(video, cancellationToken: cancellationToken)).Single();
        Assert.That((voice.Status, voice.Failures, voice.MaxAttempts - voice.Attempt), Is.EqualTo((VoiceStatus.Pending, 0, 3)), voice.ErrorMessage);
    }

    [Test, CancelAfter(240_000)]
    public async Task Clocks_an_hour_apart_change_nothing(CancellationToken cancellationToken)
    {
        if (!Faketime.IsInstalled)
            Assert.Ignore("There is no faketime. Install it: apt-get install faketime.");
        await CountCompletionsAsync();
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);
        // Far below the hour by which a clock would tear it, and longer than a busy machine holds up a heartbeat.
        ChildProcess[] workers = [Start("early", 100, leaseSeconds: 60, hoursOff: -1), Start("late", 100, leaseSeconds: 60, hoursOff: 1)];
        var clocks = new List<long>();
        foreach (var worker in workers)
            clocks.Add(long.Parse((await worker.ReadLineAsync(cancellationToken)).Split(' ')[1], CultureInfo.InvariantCulture));
        Assert.That(clocks[1] - clocks[0], Is.EqualTo(7200).Within(60), "The clocks are not apart.");

        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: cancellationToken);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result!.AllCompleted, Is.True);
            Assert.That(await ScalarAsync<long>("select count(*) from completions"), Is.EqualTo(100));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where attempt = 1"), Is.EqualTo(100), "A lease was taken before its end.");
            Assert.That(await ScalarAsync<long>("select count(*) from voices where processing_completed_at not between created_at and clock_timestamp()"), Is.Zero);
        }
    }

    private ChildProcess Start(string workerId, int milliseconds, int leaseSeconds, int? hoursOff = null)
    {
        var description = ChildProcess.Describe("worker", ConnectionString, workerId, $"{milliseconds}", $"{leaseSeconds}");
        if (hoursOff is { } hours)
            Faketime.Set(description, hours);

        var worker = ChildProcess.Start(description);
        _workers.Add(worker);
        return worker;
    }
}
