using NUnit.Framework;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Videos;

public sealed class SetVideoPriorityTests : QueueTest
{
    [Test]
    public async Task Waiting_requests_move_and_completed_ones_stay()
    {
        await CreateVideoAsync("a", "b");
        var video = await CreateVideoAsync("completed", "held", "waiting");
        await SqlAsync("update voices set queue_at = queue_at - interval '1 hour' where text_content in ('completed', 'held')");
        var fence = (await Voices.ClaimVoicesAsync("worker", 2, Lease, cancellationToken: Token))[0].Fence;
        await Voices.CompleteVoiceProcessingAsync(fence, "/c.wav", cancellationToken: Token);

        Assert.That(await Videos.SetVideoPriorityAsync(video, 5, cancellationToken: Token), Is.True);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Videos.GetVideoAsync(video, cancellationToken: Token))!.Priority, Is.EqualTo(5));
            Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Priority), Is.EqualTo(new[] { 0, 5, 5 }));
            Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "waiting", "a", "b" }));
        }
    }

    [Test]
    public async Task A_failed_request_keeps_the_name_of_its_worker()
    {
        var video = await CreateVideoAsync("failed");
        await Voices.FailVoiceProcessingAsync((await ClaimOneAsync("worker")).Fence, "No such voice", permanent: true, cancellationToken: Token);

        await Videos.SetVideoPriorityAsync(video, 5, cancellationToken: Token);

        Assert.That(await ScalarAsync<string>("select worker_id from voices where priority = 5"), Is.EqualTo("worker"));
    }

    [Test]
    public async Task An_unknown_video_is_answered_with_false() =>
        Assert.That(await Videos.SetVideoPriorityAsync(Guid.NewGuid(), 5, cancellationToken: Token), Is.False);

    [Test]
    public async Task New_requests_take_the_priority_of_their_video()
    {
        var video = (await Videos.CreateVideoAsync(new NewVideo("Video") { Priority = 7 }, cancellationToken: Token)).Id;
        await Voices.CreateVoiceRequestsAsync(video, [new("Aluno", "one"), new("Aluno", "two")], cancellationToken: Token);
        await Videos.SetVideoPriorityAsync(video, 8, cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Aluno", "three") { Position = 2 }, cancellationToken: Token);

        Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Priority), Is.EqualTo(new[] { 8, 8, 8 }));
    }
}
