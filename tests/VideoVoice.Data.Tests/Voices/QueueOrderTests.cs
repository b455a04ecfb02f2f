using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>Fairness between videos: a request stands in the queue a step behind the request before it.</summary>
public sealed class QueueOrderTests : QueueTest
{
    [Test]
    public async Task A_short_video_created_later_comes_before_the_last_requests_of_a_long_one()
    {
        var large = await CreateVideoAsync([.. Enumerable.Range(0, 500).Select(i => $"large {i}")]);
        var small = await CreateVideoAsync("small 0", "small 1", "small 2");
        await CreatedEarlierAsync(large, small, 10.5);

        var texts = await ClaimTextsAsync(16);

        string[] expected =
        [
            .. Enumerable.Range(0, 11).Select(i => $"large {i}"), "small 0", "large 11", "small 1", "large 12", "small 2",
        ];
        Assert.That(texts, Is.EqualTo(expected));
    }

    [Test]
    public async Task Requests_created_one_by_one_stand_like_requests_created_together()
    {
        var large = await CreateVideoAsync([.. Enumerable.Range(0, 20).Select(i => $"large {i}")]);
        var single = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(single, new NewVoiceRequest("Aluno", "single 15") { Position = 15 }, cancellationToken: Token);

        Assert.That(await ScalarAsync<double>("select extract(epoch from queue_at - created_at)::float8 from voices where video_id = @single", new { single }), Is.EqualTo(15).Within(0.5));
        Assert.That((await ClaimTextsAsync(17)).Take(15), Is.EqualTo(Enumerable.Range(0, 15).Select(i => $"large {i}")));
        Assert.That((await Voices.ListVoicesAsync(large, cancellationToken: Token)).Select(v => v.QueueAt), Is.Ordered);
    }

    [Test]
    public async Task Without_a_step_videos_are_synthesized_one_after_the_other()
    {
        await using var voices = new VoiceManager(DataSource, new VideoVoiceOptions { QueueStep = TimeSpan.Zero });
        foreach (var name in new[] { "a", "b" })
        {
            var video = await Videos.CreateVideoAsync(name, cancellationToken: Token);
            await voices.CreateVoiceRequestsAsync(video, [.. Enumerable.Range(0, 50).Select(i => new NewVoiceRequest("Aluno", name))], cancellationToken: Token);
        }

        Assert.That(await ClaimTextsAsync(100), Is.Ordered.And.Length.EqualTo(100));
    }

    /// <summary>As if the first video had been created exactly so long before the second.</summary>
    private Task<int> CreatedEarlierAsync(Guid first, Guid second, double seconds) =>
        SqlAsync(
            """
            update voices
            set queue_at = queue_at - make_interval(secs => @seconds)
                + ((select min(v.queue_at) from voices v where v.video_id = @second) - (select min(v.queue_at) from voices v where v.video_id = @first))
            where video_id = @first
            """,
            new { first, second, seconds });
}
