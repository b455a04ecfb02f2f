using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Connections that break after the server has done its work, and connections whose peer is gone without a word.</summary>
public sealed class LostAnswerTests : WorkerTest
{
    [TestCase(60)]
    [TestCase(200)]
    public async Task What_a_claim_took_is_started_although_its_answer_was_lost(int bytes)
    {
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.Concurrency = 2, Through(proxy));
        await CreateVideoAsync("warm");
        (await synthesizer.NextAsync(Token)).Finish();
        await UntilAsync(() => Logged(102) == 1, "Nothing was completed.");

        // The next answer, whatever statement it is of, until one is a claim's.
        for (var i = 0; i < 20 && Logged(120) == 0; i++)
        {
            proxy.CutAnswerAfter(bytes);
            await CreateVideoAsync($"{i}");
            var synthesis = await synthesizer.NextAsync(Token);
            Assert.That(synthesis.Request.Attempt, Is.EqualTo(1), "nobody waited for a lease to end");
            synthesis.Finish();
            var done = i + 2;
            await UntilAsync(() => Logged(102) == done, "It was not completed.");
        }

        Assert.That(Logged(120), Is.GreaterThan(0), "No claim was read back.");
        Assert.That(await ScalarAsync<long>("select count(*) from voices where status <> 'completed' or attempt <> 1"), Is.Zero);
    }

    [Test]
    public async Task What_complete_and_claim_took_is_started_within_the_worker_s_capacity()
    {
        await using var proxy = Proxy();
        var running = 0;
        var most = 0;
        await StartWorkerAsync(
            async (request, token) =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref running));
                try
                {
                    await Task.Delay(Random.Shared.Next(20), token);
                }
                finally
                {
                    Interlocked.Decrement(ref running);
                }

                return new SynthesizedVoice($"/{request.TextContent}.wav");
            },
            o => o.Concurrency = 4,
            Through(proxy));
        await CreateVideoAsync([.. Enumerable.Range(0, 400).Select(i => $"{i}")]);

        // The next cut is not before some progress: where a machine is busy, a new connection would be cut before it is open, and so would the one after it.
        for (var open = 400L; open > 0;)
        {
            proxy.CutAnswerAfter(Random.Shared.Next(400));
            var before = open;
            while ((open = await ScalarAsync<long>("select count(*) from voices where status <> 'completed'")) == before)
                await Task.Delay(20, Token);
        }

        await UntilAsync(() => Volatile.Read(ref running) == 0, "Something still runs.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ScalarAsync<long>("select count(*) from voices where errors <> '[]'"), Is.Zero, "no request waited for its lease");
            Assert.That(most, Is.LessThanOrEqualTo(4));
            Assert.That(Logged(120), Is.GreaterThan(0), "No claim was read back.");
        }
    }

    [Test]
    public async Task A_claim_that_commits_after_it_was_read_back_is_given_back_before_its_lease_ends()
    {
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(12), Through(proxy));
        await CreateVideoAsync("running");
        var synthesis = await synthesizer.NextAsync(Token);
        var taken = await CreateVideoAsync("taken");

        // The server goes on with a statement whose client is gone.
        await using (var held = await HeldLock.TakeAsync(DataSource, "lock table voices in share mode"))
        {
            synthesis.Finish();
            await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);
            await proxy.CutAsync();
            proxy.Restore();
            await UntilAsync(() => Logged(120) > 0, "Nothing was read back.");
            await held.CommitAsync();
        }

        var next = await synthesizer.NextAsync(Token);
        next.Finish();
        await OnlyVoiceAsync(taken, VoiceStatus.Completed);
        Assert.That(await ScalarAsync<long>("select count(*) from voices where errors <> '[]'"), Is.Zero, "A lease ended.");
    }

    [Test]
    public async Task A_claim_of_an_idle_worker_that_commits_after_it_was_repeated_is_given_back_before_its_lease_ends()
    {
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await CreateVideoAsync("one", "two");
        IHost host;
        await using (var held = await HeldLock.TakeAsync(DataSource, "lock table voices in share mode"))
        {
            host = await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(12), Through(proxy));
            await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);
            await proxy.CutAsync();
            proxy.Restore();
            while (await ScalarAsync<long>("select count(distinct pid) from pg_locks where not granted and relation = 'voices'::regclass") < 2)
                await Task.Delay(10, Token);
            await held.CommitAsync();
        }

        // One claim took each: the worker knows of one.
        (await synthesizer.NextAsync(Token)).Finish();
        (await synthesizer.NextAsync(Token)).Finish();
        await UntilAsync(() => Logged(102) == 2, "They were not completed.");
        Assert.That(await ScalarAsync<long>("select count(*) from voices where errors <> '[]'"), Is.Zero, "A lease ended.");
        await host.StopAsync(Token);
        Assert.That(Logged(121), Is.Zero, "A stop is no failure.");
    }

    [Test]
    public async Task A_lost_claim_is_read_again_for_as_long_as_a_lease_lasts()
    {
        var time = new FakeTimeProvider();
        await using var voices = new VoiceManager(new Database(DataSource, time: time), new VideoVoiceOptions(), notifier: null, logger: null);
        var lost = new LostClaims(voices, TimeSpan.FromMinutes(1));
        await CreateVideoAsync("one");
        var claim = new VoiceClaim("w", 1, TimeSpan.FromHours(1)) { ClaimId = Guid.NewGuid() };
        lost.Add(claim.ClaimId.Value, []);
        Assert.That((await lost.ReadAsync(Token))!.Value.Requests, Is.Empty);

        await voices.ClaimVoicesAsync(claim, cancellationToken: Token);

        Assert.That((await lost.ReadAgainAsync(Token)).Single().TextContent, Is.EqualTo("one"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await lost.ReadAgainAsync(Token), Has.Count.EqualTo(1), "The lease ends now.");
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(await lost.ReadAgainAsync(Token), Has.Count.EqualTo(1), "a last time");
        Assert.That(await lost.ReadAgainAsync(Token), Is.Empty);
    }

    [Test]
    public async Task A_lost_claim_is_given_back_when_the_worker_stops()
    {
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.Concurrency = 2, Through(proxy));
        var video = await CreateVideoAsync("running");
        var synthesis = await synthesizer.NextAsync(Token);
        await CreateVideoAsync("next");
        await synthesizer.NextAsync(Token);
        await CreateVideoAsync("taken");

        // complete_and_claim takes it, and the answer is lost.
        proxy.CutAnswerAfter(0);
        synthesis.Finish();
        await host.StopAsync(new CancellationToken(canceled: true));

        Assert.That(await ScalarAsync<long>("select count(*) from voices where status = 'processing'"), Is.Zero);
        Assert.That((await OnlyVoiceAsync(video)).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_silent_connection_does_not_cost_the_lease()
    {
        var video = await CreateVideoAsync("kept");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(6), Through(proxy));
        var synthesis = await synthesizer.NextAsync(Token);
        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() > heartbeats, "There is no heartbeat.");

        proxy.Silence();
        heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() >= heartbeats + 2, "No heartbeat came through another connection.");

        Assert.That(await ScalarAsync<bool>("select lease_expires_at > clock_timestamp() from voices"), Is.True);
        Assert.That(await Voices.ClaimVoicesAsync("other", 1, TimeSpan.FromMinutes(1), cancellationToken: Token), Is.Empty);
        synthesis.Finish();
        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Completed)).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_host_stops_in_time_while_its_connections_are_silent()
    {
        await CreateVideoAsync("running");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.Concurrency = 2, Through(proxy));
        await synthesizer.NextAsync(Token);

        proxy.Silence();
        await proxy.CutAsync(keepSilent: true);

        await host.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(15), Token);
        Assert.That(Logged(101), Is.EqualTo(1));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
                return;
        }
    }

    private TcpProxy Proxy()
    {
        var server = new NpgsqlConnectionStringBuilder(ConnectionString);
        return new TcpProxy(server.Host!, server.Port);
    }

    private string Through(TcpProxy proxy) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, SslMode = SslMode.Disable }.ConnectionString;
}
