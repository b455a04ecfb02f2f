using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

[CancelAfter(90_000)]
public sealed class ShutDownTests : WorkerTest
{
    [Test]
    public async Task What_runs_finishes_within_the_shut_down_time_and_nothing_new_begins()
    {
        var video = await CreateVideoAsync("running", "waiting");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);

        var stopping = host.StopAsync(Token);
        Assert.That(synthesis.Token.IsCancellationRequested, Is.False);
        Log.Clear();
        synthesis.Finish();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voices.Select(v => (v.Status, v.Attempt)), Is.EqualTo(new[] { (VoiceStatus.Completed, 1), (VoiceStatus.Pending, 0) }));
            Assert.That(Logged(101), Is.EqualTo(1));
            Assert.That(Log.Text, Does.Contain("-- Completes requests").And.Not.Contain("-- Takes up to"), "Nothing is claimed in its place.");
        }
    }

    [Test]
    public async Task A_stop_is_no_failed_claim()
    {
        await CreateVideoAsync("only");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.StopHostOnError = false);
        var synthesis = await synthesizer.NextAsync(Token);

        // Its capacity is used up: the loop waits for more when the stop comes.
        var stopping = host.StopAsync(Token);
        synthesis.Finish();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That(Logged(113), Is.Zero, Log.Text);
    }

    [Test]
    public async Task What_ends_just_past_the_shut_down_time_is_stored_and_not_given_back()
    {
        var video = await CreateVideoAsync("late");
        var synthesizer = new ControlledSynthesizer { HeedsToken = false };
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);

        var stopping = host.StopAsync(new CancellationToken(canceled: true));
        await synthesis.CancelledAsync(Token);
        synthesis.Finish();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That((await OnlyVoiceAsync(video)).Status, Is.EqualTo(VoiceStatus.Completed));
        Assert.That(Logged(106), Is.Zero, Log.Text);
    }

    [Test]
    public async Task A_running_request_keeps_its_lease_while_the_host_stops()
    {
        var video = await CreateVideoAsync("running");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(1));
        var synthesis = await synthesizer.NextAsync(Token);

        var stopping = host.StopAsync(Token);
        var before = Heartbeats();
        await UntilAsync(() => Heartbeats() >= before + 4, "There is no heartbeat.");
        synthesis.Finish();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That((await OnlyVoiceAsync(video)).Status, Is.EqualTo(VoiceStatus.Completed));
    }

    [TestCase(true), TestCase(false)]
    public async Task Past_the_shut_down_time_a_request_is_given_back_with_its_attempt_not_counted(bool heedsToken)
    {
        var video = await CreateVideoAsync("too long");
        var synthesizer = new ControlledSynthesizer { HeedsToken = heedsToken };
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);

        await host.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await synthesis.CancelledAsync(Token);
        await AssertGivenBackAsync(video);

        // Its late result finds the request given back.
        synthesis.Finish();
        var again = await Voices.ClaimVoicesAsync("another", 1, TimeSpan.FromSeconds(30), cancellationToken: Token);
        Assert.That(again.Single().Attempt, Is.EqualTo(2));
    }

    [Test]
    public async Task A_request_that_breaks_off_in_its_own_way_is_given_back_too()
    {
        var video = await CreateVideoAsync("too long");
        var synthesizer = new ControlledSynthesizer { HeedsToken = false };
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);

        var stopping = host.StopAsync(new CancellationToken(canceled: true));
        await synthesis.CancelledAsync(Token);
        synthesis.Throw(new IOException("The pipe is broken."));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        await AssertGivenBackAsync(video);
    }

    [Test]
    public async Task What_a_synthesizer_does_on_its_token_cannot_stop_the_stop()
    {
        var video = await CreateVideoAsync("too long");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);
        synthesis.Token.Register(() => throw new InvalidOperationException("On purpose."));

        // A timer's callback that throws ends the process.
        using var time = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await host.StopAsync(time.Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await AssertGivenBackAsync(video);
    }

    [Test]
    public async Task What_was_claimed_while_the_host_began_to_stop_is_given_back_unstarted()
    {
        var video = await CreateVideoAsync("too late");
        await using var held = await HeldLock.TakeAsync(DataSource, "lock table voices in access exclusive mode");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer);
        await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);

        var stopping = host.StopAsync(Token);
        await held.CommitAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        await AssertGivenBackAsync(video);
        Assert.That(synthesizer.Begun, Is.Zero);
    }

    [Test]
    public async Task What_was_claimed_with_a_report_while_the_host_began_to_stop_is_given_back_unstarted()
    {
        var video = await CreateVideoAsync("synthesized", "too late");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where text_content = 'synthesized' for update");
        synthesis.Finish();
        await held.UntilWaitedForAsync(Task.Delay(Timeout.Infinite, Token), Token);

        var stopping = host.StopAsync(Token);
        await held.CommitAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        Assert.That(voices.Select(v => (v.Status, v.MaxAttempts)), Is.EqualTo(new[] { (VoiceStatus.Completed, 3), (VoiceStatus.Pending, 4) }));
        Assert.That(synthesizer.Begun, Is.EqualTo(1));
    }

    [Test]
    public async Task A_worker_claims_no_more_and_takes_no_error_for_a_failure_while_another_service_of_its_host_stops()
    {
        var video = await CreateVideoAsync("running", "waiting");
        var other = new SlowToStop();
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, null, null, services => services.AddHostedService(_ => other));
        var synthesis = await synthesizer.NextAsync(Token);

        // Services stop in the reverse order, so that it is not the worker's turn yet.
        var stopping = host.StopAsync(Token);
        await other.Stopping.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        synthesis.Throw(new InvalidOperationException("espeak-ng ended with 130."));
        await UntilAsync(() => Logged(101) == 1, "The worker does not end.");
        other.MayStop.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voices.Select(v => (v.Status, v.Failures, v.MaxAttempts - v.Attempt)), Is.EqualTo(new[] { (VoiceStatus.Pending, 0, 3), (VoiceStatus.Pending, 0, 3) }));
            Assert.That(synthesizer.Begun, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task A_claim_that_fails_for_good_stops_a_host_that_asks_for_it_once_its_requests_are_synthesized()
    {
        await CreateVideoAsync("running");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => (o.Concurrency, o.LeaseDuration, o.StopHostOnError) = (2, TimeSpan.FromSeconds(1), true));
        var synthesis = await synthesizer.NextAsync(Token);
        // Asleep, and so not in the middle of a claim, which would be the one that fails.
        while (!await ScalarAsync<bool>("select exists (select from videovoice_listeners where waits_for = 'work')"))
            await Task.Delay(20, Token);
        await SqlAsync("alter table voices rename column trace_parent to elsewhere");
        var claims = synthesizer.Claims;
        // Again and again: one that comes before the worker sleeps wakes nobody.
        while (synthesizer.Claims == claims)
        {
            await SqlAsync("select pg_notify('videovoice_' || md5(current_schema()), 'work')");
            await Task.Delay(50, Token);
        }

        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() >= heartbeats + 3, "The request that is being synthesized has lost its heartbeat.");
        synthesis.Finish();

        await UntilAsync(() => Logged(102) == 1, "The synthesis was not completed.");
        await UntilAsync(() => Log.Text.Contains("BackgroundService failed", StringComparison.Ordinal), "The host did not learn of it.");
    }

    private sealed class SlowToStop : IHostedService
    {
        internal TaskCompletionSource Stopping { get; } = new();

        internal TaskCompletionSource MayStop { get; } = new();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Stopping.TrySetResult();
            return Task.WhenAny(MayStop.Task, Task.Delay(Timeout.Infinite, cancellationToken));
        }
    }

    private async Task AssertGivenBackAsync(Guid video)
    {
        var voice = await OnlyVoiceAsync(video);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Status, voice.Attempt, voice.MaxAttempts, voice.WorkerId), Is.EqualTo((VoiceStatus.Pending, 1, 4, default(string))), voice.ErrorMessage);
            Assert.That(voice.LeaseExpiresAt, Is.Null);
            Assert.That(Logged(106), Is.EqualTo(1));
        }
    }
}
