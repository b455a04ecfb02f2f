using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class VoiceOrderTests : UnorderedTest
{
    private static readonly string[] s_inOrder = ["0", "1", "2", "3", "4"];

    /// <summary>The order in which they are written. Not sorted either way.</summary>
    private static readonly int[] s_written = [3, 0, 4, 1, 2];

    [Test]
    public async Task A_claim_takes_and_returns_the_first_of_the_queue()
    {
        await QueueAllAsync();

        Assert.That(await ClaimAsync(3), Is.EqualTo(s_inOrder[..3]));
        Assert.That(await ClaimAsync(5), Is.EqualTo(s_inOrder[3..]));
    }

    [Test]
    public async Task A_claim_with_loaded_voices_takes_them_and_the_rest_in_the_order_of_the_queue()
    {
        var mapping = await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "x", VoiceName = "X", VoiceFile = "x.wav", Language = "pt" }, cancellationToken: Token);
        var video = await CreateVideoAsync();
        foreach (var i in s_written)
            await QueueAsync(video, $"{i}", i, i >= 2 ? mapping : null);

        // Of the loaded 2, 3 and 4 the first two, and then the head of the rest; one answer in the queue's order.
        Assert.That(await ClaimAsync(2, mapping), Is.EqualTo(new[] { "2", "3" }));
        Assert.That(await ClaimAsync(2, mapping), Is.EqualTo(new[] { "0", "4" }));
    }

    [Test]
    public async Task The_head_of_a_claim_with_loaded_voices_is_the_first_of_the_queue()
    {
        var mapping = await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "x", VoiceName = "X", VoiceFile = "x.wav", Language = "pt" }, cancellationToken: Token);
        var video = await CreateVideoAsync();
        // Written last, first in the queue by so much that no loaded voice may overtake it, and of a higher priority.
        await QueueAsync(video, "loaded", 100, mapping);
        for (var i = 0; i < 70; i++)
            await QueueAsync(video, $"{i}", 200 + i);
        await QueueAsync(video, "first", 1);

        Assert.That(await ClaimAsync(1, mapping), Is.EqualTo(new[] { "first" }));
        Assert.That(await ClaimAsync(1, mapping), Is.EqualTo(new[] { "loaded" }));
    }

    [Test]
    public async Task Lapsed_leases_are_taken_back_oldest_first()
    {
        await QueueAllAsync();
        await SqlAsync("update voices set status = 'processing', attempt = 1, lease_expires_at = now() - interval '1 hour' + make_interval(secs => text_content::integer)");

        Assert.That(await ClaimAsync(2), Is.EqualTo(s_inOrder[..2]));
        Assert.That(await ClaimAsync(2), Is.EqualTo(s_inOrder[2..4]));
    }

    /// <summary>A claim moves 1,000 at most into its index. Of more it moves those whose time came first, and none that no longer waits.</summary>
    [Test]
    public async Task Retries_whose_time_has_come_are_taken_oldest_first()
    {
        var video = await QueueAllAsync();
        // Before the others in the table, which an update writes again at its end.
        await SqlAsync(
            """
            insert into voices (video_id, character_name, text_content, attempt, queue_at, available_at)
            select @video, 'Aluno', 'later', 1, '2025-01-01Z', now() - interval '1 minute' - make_interval(secs => g)
            from generate_series(1, 1000) g
            """,
            new { video });
        await SqlAsync("update voices set attempt = 1, available_at = now() - interval '1 hour' + make_interval(secs => text_content::integer) where text_content in ('0', '1', '2', '3')");
        await SqlAsync("update voices set status = 'failed', available_at = now() - interval '1 hour' where text_content = '4'");

        await ClaimAsync(1);

        Assert.That(await ScalarAsync<long>("select count(*) from voices where text_content in ('0', '1', '2', '3') and available_at is not null"), Is.Zero);
        Assert.That(await ScalarAsync<long>("select count(*) from voices where text_content = 'later' and available_at is not null"), Is.EqualTo(4));
        Assert.That(await ScalarAsync<bool>("select available_at is not null from voices where text_content = '4'"), Is.True);
    }

    /// <summary>The reasons are matched with the list by their order. A plan that hashes the short list gives them in the order of the table.</summary>
    [Test]
    public async Task Refused_writes_are_answered_in_the_order_of_the_list()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 400).Select(i => $"{i}")]);
        await SqlAsync("analyze voices");
        var claimed = await Voices.ClaimVoicesAsync("worker", 6, Lease, cancellationToken: Token);
        await SqlAsync("update voices set status = 'completed', output_audio_path = 'other.wav' where id = any(@ids)", new { ids = claimed.Where((_, i) => i % 2 == 0).Select(r => r.Id).ToArray() });
        await SqlAsync("update voices set attempt = attempt + 1 where id = any(@ids)", new { ids = claimed.Where((_, i) => i % 2 == 1).Select(r => r.Id).ToArray() });

        var outcomes = await UnorderedVoices.CompleteVoicesAsync([.. claimed.Reverse().Select(r => new VoiceCompletion(r.Fence, "mine.wav"))], cancellationToken: Token);

        Assert.That(
            outcomes.Select(o => (o.VoiceId, o.Outcome)),
            Is.EqualTo(claimed.Select((r, i) => (r.Id, i % 2 == 0 ? WriteOutcome.AlreadyFinished : WriteOutcome.LeaseLost)).Reverse()));
    }

    [Test]
    public async Task What_waits_is_listed_in_the_order_in_which_it_is_claimed()
    {
        await QueueAllAsync();
        Assert.That(await ListAsync(2), Is.EqualTo(s_inOrder[..2]));
        // Retries whose time has come are listed among the others, by their place in the queue.
        await SqlAsync("update voices set available_at = now() - interval '1 hour' + make_interval(secs => text_content::integer) where text_content in ('1', '3', '4')");

        Assert.That(await ListAsync(100), Is.EqualTo(s_inOrder));
        Assert.That(await ListAsync(2), Is.EqualTo(s_inOrder[..2]));
        await SqlAsync("update voices set available_at = now() - interval '1 hour' + make_interval(secs => text_content::integer)");
        Assert.That(await ListAsync(2), Is.EqualTo(s_inOrder[..2]));
    }

    [Test]
    public async Task The_lines_of_a_video_and_their_audio_come_in_the_order_of_the_conversation()
    {
        var video = await QueueAllAsync();
        await SqlAsync("update voices set position = nullif(text_content::integer, 4), status = 'completed', output_audio_path = text_content");

        Assert.That((await UnorderedVoices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.TextContent), Is.EqualTo(s_inOrder));
        Assert.That((await UnorderedVoices.ListVoicesAsync(video, limit: 2, offset: 1, cancellationToken: Token)).Select(v => v.TextContent), Is.EqualTo(s_inOrder[1..3]));
        Assert.That((await UnorderedVoices.ListCompletedAudioPathsAsync(video, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(s_inOrder));
    }

    [Test]
    public async Task What_a_claim_holds_is_listed_in_the_order_of_the_queue()
    {
        await QueueAllAsync();
        var claim = new VoiceClaim("worker", 5, Lease) { ClaimId = Guid.NewGuid() };
        await Voices.ClaimVoicesAsync(claim, cancellationToken: Token);
        // Written anew in another order.
        foreach (var i in s_written)
            await SqlAsync("update voices set error_message = 'again' where text_content = @text", new { text = $"{i}" });

        Assert.That((await UnorderedVoices.ListClaimedVoicesAsync(claim.ClaimId.Value, cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(s_inOrder));
    }

    private async Task<Guid> QueueAllAsync()
    {
        var video = await CreateVideoAsync();
        foreach (var i in s_written)
            await QueueAsync(video, $"{i}", i);
        return video;
    }

    private async Task<string[]> ClaimAsync(int limit, params Guid[] loaded) =>
        [.. (await UnorderedVoices.ClaimVoicesAsync(new VoiceClaim("worker", limit, Lease) { LoadedVoiceMappingIds = loaded }, cancellationToken: Token)).Select(r => r.TextContent)];

    private async Task<string[]> ListAsync(int limit) =>
        [.. (await UnorderedVoices.ListPendingVoicesAsync(limit, cancellationToken: Token)).Select(r => r.TextContent)];
}
