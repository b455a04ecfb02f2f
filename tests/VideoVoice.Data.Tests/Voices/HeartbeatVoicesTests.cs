using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class HeartbeatVoicesTests : QueueTest
{
    [Test]
    public async Task One_call_answers_each_fence_by_itself()
    {
        await CreateVideoAsync("held", "taken", "done");
        var fences = (await Voices.ClaimVoicesAsync("worker", 3, Lease, cancellationToken: Token)).Select(r => r.Fence).ToArray();
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where id = @VoiceId", new { fences[1].VoiceId });
        await ClaimOneAsync("second");
        await Voices.CompleteVoiceProcessingAsync(fences[2], "/done.wav", cancellationToken: Token);
        var unknown = new VoiceFence(Guid.NewGuid(), 1);

        var outcomes = await Voices.HeartbeatVoicesAsync([.. fences, unknown], TimeSpan.FromHours(2), cancellationToken: Token);

        VoiceOutcome[] expected =
        [
            new(fences[0].VoiceId, WriteOutcome.Applied), new(fences[1].VoiceId, WriteOutcome.LeaseLost),
            new(fences[2].VoiceId, WriteOutcome.AlreadyFinished), new(unknown.VoiceId, WriteOutcome.NotFound),
        ];
        Assert.That(outcomes, Is.EquivalentTo(expected));
        Assert.That(await ScalarAsync<Guid>("select id from voices where lease_expires_at > now() + interval '1 hour'"), Is.EqualTo(fences[0].VoiceId));
    }

    [Test]
    public async Task A_fence_that_stands_twice_in_one_call_is_answered_twice()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await ExpireLeasesAsync();
        var second = (await ClaimOneAsync("second")).Fence;

        var beats = await Voices.HeartbeatVoicesAsync([second, fence, second], Lease, cancellationToken: Token);
        var releases = await Voices.ReleaseVoicesAsync([fence, second, second], cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(beats.Select(o => o.Outcome), Is.EquivalentTo(new[] { WriteOutcome.Applied, WriteOutcome.LeaseLost, WriteOutcome.Applied }));
            Assert.That(releases.Select(o => o.Outcome), Is.EquivalentTo(new[] { WriteOutcome.LeaseLost, WriteOutcome.Applied, WriteOutcome.Applied }));
            Assert.That((await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!.MaxAttempts, Is.EqualTo(4));
        }
    }

    [Test]
    public async Task No_fences_are_answered_with_nothing()
    {
        Assert.That(await Voices.HeartbeatVoicesAsync([], Lease, cancellationToken: Token), Is.Empty);
        Assert.That(await Voices.ReleaseVoicesAsync([], cancellationToken: Token), Is.Empty);
    }

    [Test]
    public async Task Two_calls_over_the_same_requests_in_opposite_order_do_not_deadlock()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 200).Select(i => $"{i}")]);
        var fences = (await Voices.ClaimVoicesAsync("worker", 200, Lease, cancellationToken: Token)).Select(r => r.Fence).ToArray();
        var reversed = fences.Reverse().ToArray();

        for (var i = 0; i < 10; i++)
        {
            var calls = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => Voices.HeartbeatVoicesAsync(n % 2 == 0 ? fences : reversed, Lease, cancellationToken: Token)));
            Assert.That(calls.SelectMany(c => c).Select(o => o.Outcome), Has.All.EqualTo(WriteOutcome.Applied));
        }
    }
}
