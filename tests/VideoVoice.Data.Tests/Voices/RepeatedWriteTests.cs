using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>What a caller is told who repeats a write because the answer to the first was lost.</summary>
public sealed class RepeatedWriteTests : QueueTest
{
    [TestCase(null)]
    [TestCase("s3://audio/one.wav")]
    public async Task A_completion_is_applied_again_and_changes_nothing(string? remoteStoragePath)
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await CompleteAsync();
        var before = await RowAsync(fence.VoiceId);

        Assert.That(await CompleteAsync(), Is.EqualTo(WriteOutcome.Applied));
        Assert.That((await Voices.CompleteVoicesAsync([new(fence, "/one.wav", remoteStoragePath)], cancellationToken: Token)).Single().Outcome, Is.EqualTo(WriteOutcome.Applied));
        Assert.That((await Voices.CompleteVoicesAsync([new(fence, "/one.wav", "s3://other.wav")], cancellationToken: Token)).Single().Outcome, Is.EqualTo(WriteOutcome.AlreadyFinished));
        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));

        Task<WriteOutcome> CompleteAsync() => Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", remoteStoragePath is null, remoteStoragePath, cancellationToken: Token);
    }

    [Test]
    public async Task A_failure_is_answered_as_before_until_another_attempt_begins([Values] bool permanent)
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        var first = await FailAsync("broken");
        var before = await RowAsync(fence.VoiceId);

        Assert.That(first, Is.EqualTo(permanent ? WriteOutcome.Applied : WriteOutcome.RetryScheduled));
        Assert.That(await FailAsync("broken"), Is.EqualTo(first));
        Assert.That(await FailAsync("other"), Is.EqualTo(permanent ? WriteOutcome.AlreadyFinished : WriteOutcome.LeaseLost));
        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));

        await SqlAsync("update voices set status = 'pending', available_at = null");
        await ClaimOneAsync("second");
        Assert.That(await FailAsync("broken"), Is.EqualTo(WriteOutcome.LeaseLost));

        Task<WriteOutcome> FailAsync(string message) => Voices.FailVoiceProcessingAsync(fence, message, permanent, cancellationToken: Token);
    }

    [Test]
    public async Task A_release_is_applied_again_until_another_attempt_begins()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await ReleaseAsync();
        var before = await RowAsync(fence.VoiceId);

        Assert.That(await ReleaseAsync(), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));

        await ClaimOneAsync("second");
        Assert.That(await ReleaseAsync(), Is.EqualTo(WriteOutcome.LeaseLost));

        async Task<WriteOutcome> ReleaseAsync() => (await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token)).Single().Outcome;
    }

    [Test]
    public async Task A_create_for_a_position_that_is_taken_gives_the_id_that_stands_there_and_says_so()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var request = new NewVoiceRequest("Aluno", "one") { Position = 3 };
        var (first, created) = await Voices.CreateVoiceRequestAsync(video, request, cancellationToken: Token);

        Assert.That(created, Is.True);
        Assert.That(await Voices.CreateVoiceRequestAsync(video, request, cancellationToken: Token), Is.EqualTo(new CreateResult(first, Created: false)));
        Assert.That(await Voices.CreateVoiceRequestAsync(video, request with { Id = Guid.NewGuid() }, cancellationToken: Token), Is.EqualTo(new CreateResult(first, Created: false)));
        Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Single().Id, Is.EqualTo(first));
    }

    [Test]
    public void Two_reports_of_one_attempt_in_one_list_are_refused()
    {
        var fence = new VoiceFence(Guid.NewGuid(), 1);
        VoiceFence[] fences = [fence, fence with { Attempt = 2 }, fence];
        VoiceCompletion[] completions = [.. fences.Select((f, i) => new VoiceCompletion(f, $"/{i}.wav"))];

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Voices.CompleteVoicesAsync(completions, cancellationToken: Token), Refuses("completions[2].Fence", "completions[0].Fence"));
            Assert.That(() => Voices.CompleteAndClaimVoicesAsync(completions, new VoiceClaim("w", 1, Lease), cancellationToken: Token), Refuses("completions[2].Fence", "completions[0].Fence"));
        }

        static NUnit.Framework.Constraints.IResolveConstraint Refuses(string parameter, string other) =>
            Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo(parameter).And.Message.Contains(other);
    }

    [Test]
    public void A_fence_that_was_never_set_names_the_parameter_that_was_given()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Voices.CompleteVoiceProcessingAsync(default(VoiceFence), "/a.wav", cancellationToken: Token), Names("fence"));
            Assert.That(() => Voices.FailVoiceProcessingAsync(default(VoiceFence), "broken", cancellationToken: Token), Names("fence"));
            Assert.That(() => Voices.HeartbeatVoicesAsync([new(Guid.NewGuid(), 1), default], Lease, cancellationToken: Token), Names("fences[1]"));
            Assert.That(() => Voices.ReleaseVoicesAsync([default], cancellationToken: Token), Names("fences[0]"));
            Assert.That(() => Voices.CompleteVoicesAsync([new(default, "/a.wav")], cancellationToken: Token), Names("completions[0].Fence"));
        }

        static NUnit.Framework.Constraints.IResolveConstraint Names(string parameter) =>
            Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo(parameter);
    }
}
