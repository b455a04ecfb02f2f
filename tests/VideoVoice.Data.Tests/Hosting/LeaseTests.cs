using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class LeaseTests : WorkerTest
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    [Test]
    public async Task A_request_may_take_longer_than_its_lease()
    {
        var time = new FakeTimeProvider();
        var lease = TimeSpan.FromHours(1);
        var video = await CreateVideoAsync("long");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = lease, null, services => services.AddSingleton<TimeProvider>(time));
        var synthesis = await synthesizer.NextAsync(Token);

        for (var third = 0; third < 9; third++)
        {
            await SqlAsync("update voices set lease_expires_at = clock_timestamp() + interval '40 minutes'");
            time.Advance(lease / 3);
            // The clock may have moved before the worker began to wait, or while a heartbeat ran, which then seemed to take too long.
            for (var pause = TimeSpan.FromMilliseconds(100); !await IsRenewedAsync(); pause *= 2)
            {
                await Task.Delay(pause, Token);
                time.Advance(lease / 3);
            }
        }

        synthesis.Finish();
        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Completed)).Attempt, Is.EqualTo(1));

        Task<bool> IsRenewedAsync() => ScalarAsync<bool>("select lease_expires_at > clock_timestamp() + interval '50 minutes' from voices");
    }

    [Test]
    public async Task All_leases_are_renewed_in_one_statement()
    {
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => (o.LeaseDuration, o.Concurrency) = (s_lease, 3));
        for (var i = 0; i < 3; i++)
        {
            await CreateVideoAsync("synthesis");
            await synthesizer.NextAsync(Token);
        }

        // The time of one statement, though the requests were claimed one by one. Where the machine is busy a lease may end meanwhile, and its next one is as long as the others.
        var started = Stopwatch.GetTimestamp();
        while (await ScalarAsync<long>("select count(distinct lease_expires_at) from voices") > 1 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
            await Task.Delay(50, Token);
        Assert.That(await ScalarAsync<long>("select count(distinct processing_started_at) from voices"), Is.EqualTo(3));
        Assert.That(await ScalarAsync<long>("select count(distinct lease_expires_at) from voices"), Is.EqualTo(1));
    }

    public static IEnumerable<TestCaseData> Losses =>
    [
        new TestCaseData((LeaseTests test, Guid _) => test.SqlAsync("update voices set attempt = attempt + 1, lease_expires_at = clock_timestamp() + interval '1 hour'"), WriteOutcome.LeaseLost).SetArgDisplayNames("another attempt"),
        new TestCaseData((LeaseTests test, Guid video) => (Task)test.Videos.CancelVideoAsync(video, cancellationToken: Token), WriteOutcome.AlreadyFinished).SetArgDisplayNames("the video was cancelled"),
        new TestCaseData((LeaseTests test, Guid video) => (Task)test.Videos.DeleteVideoAsync(video, cancellationToken: Token), WriteOutcome.NotFound).SetArgDisplayNames("the video was deleted"),
    ];

    [TestCaseSource(nameof(Losses))]
    public async Task A_request_is_cancelled_and_nothing_is_written_when(Func<LeaseTests, Guid, Task> lose, WriteOutcome outcome)
    {
        var video = await CreateVideoAsync("lost");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = s_lease);
        var synthesis = await synthesizer.NextAsync(Token);
        await lose(this, video);
        var row = await RowAsync();

        await synthesis.CancelledAsync(Token);

        // The worker is free for the next request: it has done with the lost one.
        await CreateVideoAsync("next");
        Assert.That((await synthesizer.NextAsync(Token)).Request.TextContent, Is.EqualTo("next"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await RowAsync(), Is.EqualTo(row));
            Assert.That(Log.Text, Does.Contain($"is no longer this worker's: {outcome}"));
            Assert.That(Logged(104), Is.EqualTo(1), "It is said once.");
        }
    }

    [TestCaseSource(nameof(Losses))]
    public async Task A_synthesizer_that_does_not_heed_its_token_writes_nothing_either_when(Func<LeaseTests, Guid, Task> lose, WriteOutcome outcome)
    {
        var video = await CreateVideoAsync("lost");
        var synthesizer = new ControlledSynthesizer { HeedsToken = false };
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = s_lease);
        var synthesis = await synthesizer.NextAsync(Token);
        await lose(this, video);
        var row = await RowAsync();
        await synthesis.CancelledAsync(Token);

        synthesis.Finish();

        await UntilAsync(() => Logged(102) == 1, "The result was not reported.");
        Assert.That(await RowAsync(), Is.EqualTo(row));
        Assert.That(Log.Entries.Single(e => e.Event.Id == 102).Message, Does.Contain(outcome.ToString()));
        await CreateVideoAsync("next");
        await synthesizer.NextAsync(Token);
        Assert.That(Logged(104), Is.EqualTo(1), "It is said once, by the heartbeat.");
    }

    [Test]
    public async Task The_next_attempt_in_the_same_worker_is_not_cancelled_with_the_lost_one()
    {
        var video = await CreateVideoAsync("twice");
        var synthesizer = new ControlledSynthesizer { HeedsToken = false };
        await StartWorkerAsync(synthesizer, o => (o.LeaseDuration, o.Concurrency) = (s_lease, 2));
        var first = await synthesizer.NextAsync(Token);
        await SqlAsync("update voices set status = 'pending', lease_expires_at = null");
        await Voices.CreateVoiceRequestAsync(await Videos.CreateVideoAsync("To wake the worker", cancellationToken: Token), new NewVoiceRequest("Aluno", "other") { MaxAttempts = 1 }, cancellationToken: Token);

        var second = await synthesizer.NextAsync(Token);
        await first.CancelledAsync(Token);
        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() >= heartbeats + 2, "There is no heartbeat.");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.Request.Fence, Is.EqualTo(new VoiceFence(first.Request.Id, 2)));
            Assert.That(second.Token.IsCancellationRequested, Is.False);
            Assert.That(Logged(104), Is.EqualTo(1), "A lost lease is reported once.");
        }

        first.Finish();
        second.Finish();
        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Completed)).OutputAudioPath, Is.EqualTo("/twice-2.wav"));
    }

    [Test]
    public async Task What_a_synthesizer_does_on_its_token_cannot_stop_the_heartbeats()
    {
        var lost = await CreateVideoAsync("lost");
        await CreateVideoAsync("kept");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => (o.LeaseDuration, o.Concurrency) = (s_lease, 2));
        var syntheses = new[] { await synthesizer.NextAsync(Token), await synthesizer.NextAsync(Token) };
        var synthesis = syntheses.Single(l => l.Request.VideoId == lost);
        synthesis.Token.Register(() => throw new InvalidOperationException("On purpose."));
        await Videos.CancelVideoAsync(lost, cancellationToken: Token);

        await synthesis.CancelledAsync(Token);

        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() >= heartbeats + 3, "The heartbeats have ended.");
    }

    [Test]
    public async Task An_error_of_the_server_does_not_end_the_heartbeats()
    {
        await CreateVideoAsync("kept");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = s_lease);
        var synthesis = await synthesizer.NextAsync(Token);
        await SqlAsync("alter table voices rename column lease_expires_at to elsewhere");
        await UntilAsync(() => Logged(109) > 0, "There was no error.");

        await SqlAsync("alter table voices rename column elsewhere to lease_expires_at");

        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() > heartbeats, "The heartbeats have ended.");
        Assert.That(synthesis.Token.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task A_heartbeat_that_meets_an_error_that_passes_is_repeated_at_once()
    {
        await CreateVideoAsync("kept");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = s_lease);
        await synthesizer.NextAsync(Token);

        await SqlAsync("""
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'on purpose' using errcode = '40P01'; end $$;
            create trigger refuse before update on voices for each row execute function refuse();
            """);
        await UntilAsync(() => Logged(112) >= 1, "It is not repeated.");
        await SqlAsync("drop trigger refuse on voices");

        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() > heartbeats, "The heartbeats have ended.");
        Assert.That(Logged(109), Is.Zero);
    }

    private Task<string?> RowAsync() => ScalarAsync<string?>("select v::text from voices v where v.text_content = 'lost'");
}
