using System.Diagnostics;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class VoiceWorkerTests : WorkerTest
{
    [Test]
    public async Task A_worker_synthesizes_every_request_of_a_video()
    {
        await StartWorkerAsync((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav")), o => o.Concurrency = 4);
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 50).Select(i => $"{i}")]);

        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);

        Assert.That(result!.Audio.Select(a => a.OutputAudioPath), Is.EqualTo(Enumerable.Range(0, 50).Select(i => $"/{i}.wav")));
    }

    [Test]
    public async Task It_claims_up_to_its_free_capacity_and_never_more()
    {
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.Concurrency = 3);
        var video = await CreateVideoAsync("1", "2", "3", "4", "5");

        var syntheses = new[] { await synthesizer.NextAsync(Token), await synthesizer.NextAsync(Token), await synthesizer.NextAsync(Token) };
        Assert.That((await CountAsync()).processing, Is.EqualTo(3), "two wait, though they could be claimed");

        syntheses[1].Finish();
        var fourth = await synthesizer.NextAsync(Token);
        var (processing, completed) = await CountAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(fourth.Request.TextContent, Is.EqualTo("4"));
            Assert.That((processing, completed), Is.EqualTo((3, 1)));
            Assert.That(synthesizer.Begun, Is.EqualTo(4));
        }

        async Task<(int processing, int completed)> CountAsync()
        {
            var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
            return (voices.Count(v => v.Status == VoiceStatus.Processing), voices.Count(v => v.Status == VoiceStatus.Completed));
        }
    }

    [Test]
    public async Task It_takes_all_its_free_capacity_in_one_claim()
    {
        var video = await CreateVideoAsync("1", "2", "3");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.Concurrency = 3);
        for (var i = 0; i < 3; i++)
            await synthesizer.NextAsync(Token);

        var started = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.ProcessingStartedAt).Distinct();

        Assert.That(started.Count(), Is.EqualTo(1), "the time of one statement");
    }

    [Test]
    public async Task No_connection_is_held_while_requests_are_synthesized()
    {
        var video = await CreateVideoAsync("1", "2", "3", "4", "5", "6", "7", "8");
        var synthesizer = new ControlledSynthesizer();
        // One for the listener and one for all statements.
        var small = new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 2, ApplicationName = "small pool" }.ConnectionString;
        await StartWorkerAsync(synthesizer, o => o.Concurrency = 10, small);
        var syntheses = new List<RunningSynthesis>();
        for (var i = 0; i < 8; i++)
            syntheses.Add(await synthesizer.NextAsync(Token));

        // The worker has free capacity, so it waits for work on the listener's connection; nothing else is under way.
        var busy = -1L;
        for (var tries = 0; busy != 0 && tries < 100; tries++)
            busy = await ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'small pool' and state <> 'idle'");
        Assert.That(busy, Is.Zero);

        syntheses.ForEach(synthesis => synthesis.Finish());
        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);
        Assert.That(result!.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_locked_request_is_not_looked_at_in_a_tight_loop()
    {
        var video = await CreateVideoAsync("locked");
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices for update");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);

        // 40, 80, 160, 320, 640 and 1000 ms lie between the second claim and the eighth. Without the pauses it is the time of the statements.
        await UntilAsync(() => synthesizer.Claims >= 2, "It does not claim.");
        var second = Stopwatch.GetTimestamp();
        await UntilAsync(() => synthesizer.Claims >= 8, "It does not claim again.");
        Assert.That(Stopwatch.GetElapsedTime(second), Is.GreaterThan(TimeSpan.FromSeconds(2)));

        await held.CommitAsync();
        (await synthesizer.NextAsync(Token)).Finish();
        await OnlyVoiceAsync(video, VoiceStatus.Completed);
    }

    [Test]
    public async Task A_report_brings_the_next_request_in_the_same_round_trip()
    {
        await CreateVideoAsync("one", "two", "three");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);

        (await synthesizer.NextAsync(Token)).Finish();
        (await synthesizer.NextAsync(Token)).Finish();
        var last = await synthesizer.NextAsync(Token);

        Assert.That((last.Request.TextContent, synthesizer.Claims), Is.EqualTo(("three", 3)));
        Assert.That(
            Log.Entries.Count(e => e.Message.Contains("execution completed", StringComparison.Ordinal)
                && e.Message.Contains("-- Takes up to", StringComparison.Ordinal) && !e.Message.Contains("-- Completes requests", StringComparison.Ordinal)),
            Is.EqualTo(1),
            "claims alone");
    }

    [Test]
    public async Task A_claim_that_cannot_be_made_does_not_keep_back_what_is_synthesized()
    {
        var video = await CreateVideoAsync("synthesized");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);
        await SqlAsync("alter table voices rename column trace_parent to elsewhere");

        synthesis.Finish();

        await UntilAsync(() => Logged(102) == 1, "The synthesis was not completed.");
        await SqlAsync("alter table voices rename column elsewhere to trace_parent");
        await OnlyVoiceAsync(video, VoiceStatus.Completed);
    }
}
