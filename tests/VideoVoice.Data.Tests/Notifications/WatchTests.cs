using NUnit.Framework;

namespace VideoVoice.Data.Tests.Notifications;

public sealed class WatchTests : WaitingTest
{
    [Test]
    public async Task It_gives_the_present_state_and_each_later_change_and_ends_when_nothing_is_open()
    {
        var video = await CreateVideoAsync("one", "two");
        var requests = await Voices.ClaimVoicesAsync("worker", 2, Lease, cancellationToken: Token);
        await using var states = Manager().WatchAsync(video, Token).GetAsyncEnumerator(Token);

        Assert.That(await NextAsync(), Is.EqualTo((2, 0)));
        var next = NextAsync();
        await RegisteredAsync("voices");
        await Voices.CompleteVoiceProcessingAsync(requests[0].Fence, "/one.wav", cancellationToken: Token);
        Assert.That(await InTimeAsync(next), Is.EqualTo((1, 1)));
        await Voices.CompleteVoiceProcessingAsync(requests[1].Fence, "/two.wav", cancellationToken: Token);
        Assert.That(await InTimeAsync(NextAsync()), Is.EqualTo((0, 2)));
        Assert.That(await InTimeAsync(states.MoveNextAsync().AsTask()), Is.False);

        async Task<(long pending, long completed)> NextAsync()
        {
            Assert.That(await states.MoveNextAsync(), Is.True);
            return (states.Current.PendingVoices, states.Current.CompletedVoices);
        }
    }

    [Test]
    public async Task It_gives_no_state_twice()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(20) });
        List<VideoProcessingStatus> states = [];
        var watching = Task.Run(async () =>
        {
            await foreach (var state in manager.WatchAsync(video, Token))
                states.Add(state);
        });
        await RegisteredAsync("voices");
        // Each poll registers anew: some polls pass.
        var registered = await ScalarAsync<DateTime>("select expires_at from videovoice_listeners");
        await EventuallyAsync("select expires_at > @registered + interval '100 ms' from videovoice_listeners", new { registered });

        await SqlAsync("update voices set status = 'completed'");

        await InTimeAsync(watching);
        Assert.That(states.Select(s => s.PendingVoices), Is.EqualTo(new[] { 1, 0 }));
    }

    [Test]
    public async Task It_ends_when_the_video_is_deleted()
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(30) });
        await using var states = manager.WatchAsync(video, Token).GetAsyncEnumerator(Token);
        await states.MoveNextAsync();
        var next = states.MoveNextAsync().AsTask();
        var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");

        await Videos.DeleteVideoAsync(video, cancellationToken: Token);

        Assert.That(await InTimeAsync(next), Is.False);
        Assert.That(await InTimeAsync(waiting), Is.Null);
    }

    [Test]
    public async Task Cancellation_ends_one_wait_and_leaves_the_others()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        var manager = Manager();
        using var stop = new CancellationTokenSource();
        var ended = manager.WaitForVoicesAsync(video, cancellationToken: stop.Token);
        var other = manager.WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");

        await stop.CancelAsync();
        Assert.That(async () => await InTimeAsync(ended), Throws.InstanceOf<OperationCanceledException>());

        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);
        Assert.That((await InTimeAsync(other))!.AllCompleted, Is.True);
    }
}
