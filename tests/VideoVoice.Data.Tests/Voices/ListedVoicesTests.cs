using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>What each list leaves out: requests of other videos, of other claims, and in other states, also where somebody else left remains of an earlier one.</summary>
public sealed class ListedVoicesTests : QueueTest
{
    [Test]
    public async Task Only_the_completed_audio_of_the_video_is_listed()
    {
        var video = await CreateVideoAsync("completed", "failed", "pending", "processing");
        var other = await CreateVideoAsync("other");
        await SqlAsync("update voices set output_audio_path = '/' || text_content, status = case text_content when 'other' then 'completed' else text_content end::voice_status");

        Assert.That((await Voices.ListCompletedAudioPathsAsync(video, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(new[] { "/completed" }));
        Assert.That((await Voices.ListCompletedAudioPathsAsync(other, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(new[] { "/other" }));
    }

    [Test]
    public async Task The_request_at_a_position_is_that_of_the_video()
    {
        var video = await CreateVideoAsync("0", "1", "2");
        await CreateVideoAsync("other 0", "other 1", "other 2");

        Assert.That((await Voices.GetVoiceAtPositionAsync(video, 1, cancellationToken: Token))?.TextContent, Is.EqualTo("1"));
        Assert.That(await Voices.GetVoiceAtPositionAsync(video, 3, cancellationToken: Token), Is.Null);
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

    [Test]
    public async Task Only_what_waits_is_listed_as_pending()
    {
        await CreateVideoAsync("waits", "due", "later", "failed", "completed", "processing");
        await SqlAsync(
            """
            update voices
            set available_at = now() + case text_content when 'waits' then null when 'later' then interval '1 hour' else interval '-1 hour' end,
                status = case when text_content in ('failed', 'completed', 'processing') then text_content else 'pending' end::voice_status
            """);

        Assert.That((await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Select(r => r.TextContent), Is.EquivalentTo(new[] { "waits", "due" }));
    }

    /// <summary>A Python service that finishes a claimed request leaves its lease there.</summary>
    [TestCase("completed")]
    [TestCase("failed")]
    [TestCase("pending")]
    public async Task A_request_with_the_remains_of_a_lease_is_written_by_nobody(string status)
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        await SqlAsync("update voices set status = @status::voice_status", new { status });
        var before = await RowAsync(fence.VoiceId);

        await Voices.HeartbeatVoicesAsync([fence], Lease, cancellationToken: Token);
        await Voices.CompleteVoiceProcessingAsync(fence, "/a.wav", cancellationToken: Token);
        await Voices.FailVoiceProcessingAsync(fence, "No.", cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([fence], cancellationToken: Token);

        Assert.That(await RowAsync(fence.VoiceId), Is.EqualTo(before));
    }

    [Test]
    public async Task A_request_that_is_to_be_retried_has_no_worker()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;

        await Voices.FailVoiceProcessingAsync(fence, "No.", cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!.WorkerId, Is.Null);
    }
}
