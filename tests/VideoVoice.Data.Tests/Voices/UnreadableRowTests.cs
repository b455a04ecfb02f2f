using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>Times that .NET cannot hold, written by somebody else: no claim, list or wait of others breaks because of them.</summary>
public sealed class UnreadableRowTests : QueueTest
{
    private static readonly string[] s_times = ["infinity", "-infinity", "294276-01-01+00", "4713-01-01 BC"];

    [TestCaseSource(nameof(s_times))]
    public async Task A_claim_takes_such_a_request_with_the_others(string time)
    {
        await CreateVideoAsync("one", "two");
        var claim = Guid.NewGuid();
        await SqlAsync("update voices set created_at = @time::timestamptz, queue_at = case when @time like '-%' or @time like '% BC' then @time::timestamptz else queue_at end where text_content = 'one'", new { time });

        var pending = await Voices.ListPendingVoicesAsync(cancellationToken: Token);
        var claimed = await Voices.ClaimVoicesAsync("worker", 10, Lease, claimId: claim, cancellationToken: Token);
        var listed = await Voices.ListClaimedVoicesAsync(claim, cancellationToken: Token);

        foreach (var requests in new[] { pending, claimed, listed })
            Assert.That(requests.Select(r => r.TextContent), Is.EquivalentTo(new[] { "one", "two" }));
    }

    [TestCase("infinity")]
    [TestCase("294276-01-01+00")]
    public async Task A_place_in_the_queue_that_cannot_be_read_is_null(string time)
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set queue_at = @time::timestamptz", new { time });

        Assert.That((await ClaimOneAsync()).QueueAt, Is.Null);
    }

    [TestCaseSource(nameof(s_times))]
    public async Task Such_a_video_does_not_hold_up_who_waits_for_another(string time)
    {
        var (bad, good) = (await CreateVideoAsync("bad"), await CreateVideoAsync("good"));
        await SqlAsync("update videos set created_at = @time::timestamptz where id = @bad", new { time, bad });
        var waits = Task.WhenAll(Voices.WaitForVoicesAsync(bad, cancellationToken: Token), Voices.WaitForVoicesAsync(good, cancellationToken: Token));

        foreach (var request in await Voices.ClaimVoicesAsync("worker", 10, Lease, cancellationToken: Token))
            await Voices.CompleteVoiceProcessingAsync(request.Fence, "/a.wav", cancellationToken: Token);

        Assert.That((await waits.WaitAsync(TimeSpan.FromSeconds(20), Token)).Select(r => r!.AllCompleted), Is.All.True);
    }

    [Test]
    public async Task The_last_position_with_the_longest_step_can_be_read()
    {
        await using var manager = new VoiceManager(DataSource, new VideoVoiceOptions { QueueStep = TimeSpan.FromHours(1) });
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        var id = await manager.CreateVoiceRequestAsync(video, "Aluno", "last", position: VoiceManager.MaxPosition, cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.QueueAt, Is.GreaterThan(DateTimeOffset.UtcNow.AddYears(100)));
        Assert.That((await ClaimOneAsync()).Id, Is.EqualTo(id));
        Assert.That(
            () => manager.CreateVoiceRequestAsync(video, "Aluno", "beyond", position: VoiceManager.MaxPosition + 1, cancellationToken: Token),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("999999"));
    }
}
