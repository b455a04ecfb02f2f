using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>Who may write to a request: the attempt that holds its lease, and nobody else.</summary>
public sealed class FenceTests : QueueTest
{
    public enum Verb
    {
        Heartbeat,
        Complete,
        Fail,
        Release,
    }

    public enum State
    {
        OlderAttempt,
        OlderAttemptThatEndedInCompletion,
        NewerAttempt,
        Completed,
        Failed,
        Cancelled,
        Unknown,
        Deleted,
        RunByPythonWithTheSameAttempt,
        PendingAgain,
        Released,
        ReleasedAndClaimedAgain,
        NeverClaimed,
    }

    [Test]
    public async Task A_write_without_the_lease_changes_nothing([Values] State state)
    {
        var fence = await BringAboutAsync(state);
        var before = await RowAsync(fence.VoiceId);
        var expected = state switch
        {
            State.Completed or State.Failed or State.Cancelled => WriteOutcome.AlreadyFinished,
            State.Unknown or State.Deleted => WriteOutcome.NotFound,
            _ => WriteOutcome.LeaseLost,
        };

        WriteOutcome Expected(Verb verb) => state == State.Released && verb == Verb.Release ? WriteOutcome.Applied : expected;

        using (Assert.EnterMultipleScope())
        {
            foreach (var verb in Enum.GetValues<Verb>())
            {
                Assert.That(await WriteAsync(verb, fence), Is.EqualTo(Expected(verb)), $"{verb}");
                Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before), $"{verb}");
            }
        }
    }

    [Test]
    public async Task The_attempt_with_the_lease_may_write_even_when_it_has_expired_and_nobody_took_it([Values] Verb verb, [Values] bool expired)
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        if (expired)
            await ExpireLeasesAsync();

        Assert.That(await WriteAsync(verb, fence), Is.EqualTo(verb == Verb.Fail ? WriteOutcome.RetryScheduled : WriteOutcome.Applied));

        var voice = (await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voice.Status, Is.EqualTo(verb switch { Verb.Heartbeat => VoiceStatus.Processing, Verb.Complete => VoiceStatus.Completed, _ => VoiceStatus.Pending }));
            Assert.That(voice.LeaseExpiresAt is null, Is.EqualTo(verb != Verb.Heartbeat));
            Assert.That(voice.OutputAudioPath, Is.EqualTo(verb == Verb.Complete ? "/late.wav" : null));
            Assert.That(voice.Attempt, Is.EqualTo(1));
        }

        if (verb == Verb.Heartbeat)
            Assert.That(await ScalarAsync<bool>("select lease_expires_at > now() + interval '4 minutes' from voices"), Is.True);
    }

    [Test]
    public async Task A_completion_with_another_path_is_finished_already_and_keeps_the_first_result()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;

        Assert.That(await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        var before = await RowAsync(fence.VoiceId);
        Assert.That(await Voices.CompleteVoiceProcessingAsync(fence, "/other.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));
    }

    [TestCase(State.NeverClaimed, WriteOutcome.NotAllowed)]
    [TestCase(State.PendingAgain, WriteOutcome.NotAllowed)]
    [TestCase(State.NewerAttempt, WriteOutcome.LeaseLost)]
    [TestCase(State.Completed, WriteOutcome.AlreadyFinished)]
    [TestCase(State.Cancelled, WriteOutcome.AlreadyFinished)]
    [TestCase(State.Unknown, WriteOutcome.NotFound)]
    public async Task Without_a_fence_only_a_request_without_a_lease_can_be_finished(State state, WriteOutcome expected)
    {
        var id = (await BringAboutAsync(state)).VoiceId;
        var before = await RowAsync(id);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Voices.CompleteVoiceProcessingAsync(id, "/late.wav", cancellationToken: Token), Is.EqualTo(expected));
            Assert.That(await Voices.FailVoiceProcessingAsync(id, "late", cancellationToken: Token), Is.EqualTo(expected));
            Assert.That(await RowAsync(id), Is.EqualTo(before));
        }
    }

    [Test]
    public async Task Without_a_fence_a_request_that_was_started_without_a_lease_is_finished([Values] bool completes)
    {
        var id = (await BringAboutAsync(State.RunByPythonWithTheSameAttempt)).VoiceId;

        var outcome = completes
            ? await Voices.CompleteVoiceProcessingAsync(id, "/one.wav", cancellationToken: Token)
            : await Voices.FailVoiceProcessingAsync(id, "broken", cancellationToken: Token);

        Assert.That(outcome, Is.EqualTo(WriteOutcome.Applied));
        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.Status, Is.EqualTo(completes ? VoiceStatus.Completed : VoiceStatus.Failed));
    }

    [Test]
    public async Task Of_two_simultaneous_completions_one_is_applied()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 20).Select(i => $"{i}")]);
        foreach (var request in await Voices.ClaimVoicesAsync("worker", 20, Lease, cancellationToken: Token))
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Voices.CompleteVoiceProcessingAsync(request.Fence, $"/{i}.wav", cancellationToken: Token)));
            Assert.That(outcomes.Order(), Is.EqualTo(new[] { WriteOutcome.Applied, WriteOutcome.AlreadyFinished, WriteOutcome.AlreadyFinished, WriteOutcome.AlreadyFinished }));
        }
    }

    /// <summary>A Python service that finishes a claimed request leaves its lease there.</summary>
    [TestCase("completed")]
    [TestCase("failed")]
    [TestCase("pending")]
    public async Task A_request_with_the_remains_of_a_lease_is_written_by_nobody(string status)
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await SqlAsync("update voices set status = @status::voice_status, updated_at = now()", new { status });
        var before = await RowAsync(fence.VoiceId);

        await Voices.HeartbeatVoicesAsync([fence], Lease, cancellationToken: Token);
        await Voices.CompleteVoiceProcessingAsync(fence, "/a.wav", cancellationToken: Token);
        await Voices.FailVoiceProcessingAsync(fence, "No.", cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token);

        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));
    }

    private async Task<VoiceFence> BringAboutAsync(State state)
    {
        if (state == State.Unknown)
            return new VoiceFence(Guid.NewGuid(), 1);

        var video = await CreateVideoAsync("one");
        var id = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Single().Id;
        if (state == State.NeverClaimed)
            return new VoiceFence(id, 0);

        if (state == State.RunByPythonWithTheSameAttempt)
        {
            Assert.That(await Voices.StartVoiceProcessingAsync(id, cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
            return new VoiceFence(id, 1);
        }

        var fence = (await ClaimOneAsync()).Fence;
        switch (state)
        {
            case State.OlderAttempt:
                await ExpireLeasesAsync();
                await ClaimOneAsync("second");
                break;
            case State.OlderAttemptThatEndedInCompletion:
                await ExpireLeasesAsync();
                await Voices.CompleteVoiceProcessingAsync((await ClaimOneAsync("second")).Fence, "/one.wav", cancellationToken: Token);
                break;
            case State.NewerAttempt:
                return fence with { Attempt = 2 };
            case State.Completed:
                await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);
                break;
            case State.Failed:
                await Voices.FailVoiceProcessingAsync(fence, "broken", permanent: true, cancellationToken: Token);
                break;
            case State.Cancelled:
                await Videos.CancelVideoAsync(video, cancellationToken: Token);
                break;
            case State.Deleted:
                await Videos.DeleteVideoAsync(video, cancellationToken: Token);
                break;
            case State.PendingAgain:
                await Voices.FailVoiceProcessingAsync(fence, "broken", cancellationToken: Token);
                break;
            case State.Released:
                await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token);
                break;
            case State.ReleasedAndClaimedAgain:
                await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token);
                await ClaimOneAsync("second");
                break;
        }

        return fence;
    }

    private async Task<WriteOutcome> WriteAsync(Verb verb, VoiceFence fence) => verb switch
    {
        Verb.Heartbeat => (await Voices.HeartbeatVoicesAsync([fence], Lease, cancellationToken: Token)).Single().Outcome,
        Verb.Complete => await Voices.CompleteVoiceProcessingAsync(fence, "/late.wav", cancellationToken: Token),
        Verb.Fail => await Voices.FailVoiceProcessingAsync(fence, "late", cancellationToken: Token),
        _ => (await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token)).Single().Outcome,
    };
}
