using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ListClaimedVoicesTests : QueueTest
{
    [Test]
    public async Task It_gives_what_the_claim_returned_and_nothing_of_other_claims()
    {
        await CreateVideoAsync("one", "two", "three");
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        var claimed = await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 2, Lease) { ClaimId = first }, cancellationToken: Token);
        await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 2, Lease) { ClaimId = second }, cancellationToken: Token);

        var listed = await Voices.ListClaimedVoicesAsync(first, cancellationToken: Token);

        Assert.That(listed.Select(r => r with { WaitedSeconds = 0 }), Is.EqualTo(claimed.Select(r => r with { WaitedSeconds = 0 })));
        Assert.That(listed.Select(r => r.WaitedSeconds), Is.EqualTo(claimed.Select(r => r.WaitedSeconds)).Within(0.001));
        Assert.That((await Voices.ListClaimedVoicesAsync(second, cancellationToken: Token)).Single().TextContent, Is.EqualTo("three"));
        Assert.That(await Voices.ListClaimedVoicesAsync(Guid.NewGuid(), cancellationToken: Token), Is.Empty);
    }

    [Test]
    public async Task What_is_finished_given_back_or_another_attempt_s_is_not_in_it()
    {
        await CreateVideoAsync("completed", "failed", "released", "lapsed", "held");
        var claim = Guid.NewGuid();
        var claimed = await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 5, Lease) { ClaimId = claim }, cancellationToken: Token);
        await Voices.CompleteVoiceProcessingAsync(claimed[0].Fence, "/a.wav", cancellationToken: Token);
        await Voices.FailVoiceProcessingAsync(claimed[1].Fence, "broken", cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([claimed[2].Fence], cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where text_content = 'lapsed'");
        await Voices.ClaimVoicesAsync("other", 5, Lease, cancellationToken: Token);

        Assert.That((await Voices.ListClaimedVoicesAsync(claim, cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(new[] { "held" }));
    }

    [Test]
    public async Task Complete_and_claim_keeps_the_id_of_its_claim()
    {
        await CreateVideoAsync("one", "two");
        var fence = (await ClaimOneAsync()).Fence;
        var claim = Guid.NewGuid();

        await Voices.CompleteAndClaimVoicesAsync([new(fence, "/one.wav")], new VoiceClaim("worker", 1, Lease) { ClaimId = claim }, cancellationToken: Token);

        Assert.That((await Voices.ListClaimedVoicesAsync(claim, cancellationToken: Token)).Single().TextContent, Is.EqualTo("two"));
    }

    [Test]
    public async Task Of_a_claim_only_what_it_still_holds_is_listed()
    {
        await CreateVideoAsync("held", "completed", "started by another", "of another claim");
        var claim = new VoiceClaim("worker", 3, Lease) { ClaimId = Guid.NewGuid() };
        await Voices.ClaimVoicesAsync(claim, cancellationToken: Token);
        await Voices.ClaimVoicesAsync(claim with { ClaimId = Guid.NewGuid() }, cancellationToken: Token);
        // As Python's statements leave them: the columns of the claim stay.
        await SqlAsync("update voices set status = 'completed' where text_content = 'completed'");
        await SqlAsync("update voices set lease_expires_at = null where text_content = 'started by another'");

        Assert.That((await Voices.ListClaimedVoicesAsync(claim.ClaimId.Value, cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(new[] { "held" }));
    }
}
