using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>What ends a wait for the voices of a video before the next poll.</summary>
public sealed class WaitForVoicesWakeTests : WaitingTest
{
    [Test]
    public async Task Completion_wakes_the_waiter()
    {
        var (video, fence, waiting) = await WaitAsync();

        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);

        var result = await InTimeAsync(waiting);
        Assert.That(result!.Audio.Single().OutputAudioPath, Is.EqualTo("/one.wav"));
        Assert.That(result.Status.VideoId, Is.EqualTo(video));
    }

    [Test]
    public async Task A_failure_for_good_wakes_the_waiter()
    {
        var (_, fence, waiting) = await WaitAsync();

        await Voices.FailVoiceProcessingAsync(fence, "broken", permanent: true, cancellationToken: Token);

        var result = await InTimeAsync(waiting);
        Assert.That((result!.Status.FailedVoices, result.AllCompleted), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task A_cancel_wakes_the_waiter()
    {
        var (video, _, waiting) = await WaitAsync();

        await Videos.CancelVideoAsync(video, cancellationToken: Token);

        Assert.That((await InTimeAsync(waiting))!.Status.FailedVoices, Is.EqualTo(1));
    }

    [Test]
    public async Task The_first_failure_ends_a_wait_that_fails_fast_and_no_other()
    {
        var video = await CreateVideoAsync("one", "two");
        var fence = (await ClaimOneAsync()).Fence;
        var fast = Manager().WaitForVoicesAsync(video, failFast: true, Token);
        var patient = Manager().WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices", 2);

        await Voices.FailVoiceProcessingAsync(fence, "broken", permanent: true, cancellationToken: Token);

        Assert.That((await InTimeAsync(fast))!.Status.PendingVoices, Is.EqualTo(1));
        Assert.That(patient.IsCompleted, Is.False);
        await Voices.CompleteVoiceProcessingAsync((await ClaimOneAsync()).Fence, "/two.wav", cancellationToken: Token);
        Assert.That((await InTimeAsync(patient))!.Status.CompletedVoices, Is.EqualTo(1));
    }

    [Test]
    public async Task A_completion_in_a_transaction_wakes_upon_commit([Values] bool commits)
    {
        var (_, fence, waiting) = await WaitAsync();
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", transaction: transaction, cancellationToken: Token);
        Assert.That(await Task.WhenAny(waiting, Task.Delay(200, Token)), Is.Not.SameAs(waiting));

        if (commits)
            await transaction.CommitAsync(Token);
        else
            await transaction.RollbackAsync(Token);

        if (commits)
            Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        else
            Assert.That(await Task.WhenAny(waiting, Task.Delay(200, Token)), Is.Not.SameAs(waiting));
    }

    [Test]
    public async Task The_last_two_voices_finished_at_the_same_moment_wake_the_waiter([Values] bool inTransactions)
    {
        var manager = Manager();
        for (var i = 0; i < 30; i++)
        {
            var video = await CreateVideoAsync("one", "two");
            var requests = await Voices.ClaimVoicesAsync("worker", 2, Lease, cancellationToken: Token);
            var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
            if (i % 2 == 0)
                await RegisteredAsync("voices");

            if (inTransactions)
            {
                var commits = await Task.WhenAll(requests.Select(CompleteInTransactionAsync));
                await Task.WhenAll(commits.Select(commit => commit()));
            }
            else
            {
                await Task.WhenAll(requests.Select(r => Voices.CompleteVoiceProcessingAsync(r.Fence, "/a.wav", cancellationToken: Token)));
            }

            Assert.That((await InTimeAsync(waiting))!.Audio, Has.Count.EqualTo(2));
        }
    }

    [Test]
    public async Task More_videos_than_a_payload_holds_are_told_of_at_once([Values] bool inTransaction)
    {
        var videos = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => CreateVideoAsync("one")));
        var claimed = await Voices.ClaimVoicesAsync("worker", 500, Lease, cancellationToken: Token);
        var manager = Manager();
        var waiting = videos.Select(video => manager.WaitForVoicesAsync(video, cancellationToken: Token)).ToArray();
        await RegisteredAsync("voices");
        VoiceCompletion[] completions = [.. claimed.Select(request => new VoiceCompletion(request.Fence, "/a.wav"))];

        if (inTransaction)
        {
            await using var connection = await DataSource.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await Voices.CompleteVoicesAsync(completions, transaction, Token);
            await transaction.CommitAsync(Token);
        }
        else
        {
            await Voices.CompleteVoicesAsync(completions, cancellationToken: Token);
        }

        Assert.That((await InTimeAsync(Task.WhenAll(waiting))).Select(result => result!.AllCompleted), Is.All.True);
    }

    [Test]
    public async Task A_change_between_registration_and_look_is_seen()
    {
        var video = await CreateVideoAsync("one");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("lock table videovoice_listeners", connection, transaction))
            await command.ExecuteNonQueryAsync(Token);

        // The registration waits for the lock. What commits meanwhile tells nobody: it must be seen by the look that follows.
        var waiting = Manager().WaitForVoicesAsync(video, cancellationToken: Token);
        await EventuallyAsync("select exists (select from pg_locks where not granted and relation = 'videovoice_listeners'::regclass)");
        await SqlAsync("update voices set status = 'completed'");
        await transaction.CommitAsync(Token);

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_change_by_Python_is_seen_at_the_poll([Values] bool notifications)
    {
        var video = await CreateVideoAsync("one");
        var manager = Manager(new VideoVoiceOptions { PollInterval = TimeSpan.FromMilliseconds(30), Notifications = notifications });
        for (var i = 0; i < 20; i++)
        {
            await SqlAsync("update voices set status = 'pending'");
            var waiting = manager.WaitForVoicesAsync(video, cancellationToken: Token);
            await Task.Delay(Random.Shared.Next(100), Token);
            await SqlAsync("update voices set status = 'completed'");
            Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
        }
    }

    [Test]
    public async Task Text_on_the_channel_that_is_no_list_of_videos_is_passed_over()
    {
        var (_, fence, waiting) = await WaitAsync();
        await SqlAsync("select pg_notify('videovoice_' || md5(current_schema()), n.payload) from (values (''), ('hello'), ('1,2')) n (payload)");

        await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token);

        Assert.That((await InTimeAsync(waiting))!.AllCompleted, Is.True);
    }

    private async Task<(Guid video, VoiceFence fence, Task<VoicesResult?> waiting)> WaitAsync()
    {
        var video = await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;
        var waiting = Manager().WaitForVoicesAsync(video, cancellationToken: Token);
        await RegisteredAsync("voices");
        Assert.That(waiting.IsCompleted, Is.False);
        return (video, fence, waiting);
    }

    private async Task<Func<Task>> CompleteInTransactionAsync(VoiceRequest request)
    {
        var connection = await DataSource.OpenConnectionAsync(Token);
        var transaction = await connection.BeginTransactionAsync(Token);
        await Voices.CompleteVoiceProcessingAsync(request.Fence, "/a.wav", transaction: transaction, cancellationToken: Token);
        return async () =>
        {
            await transaction.CommitAsync(Token);
            await connection.DisposeAsync();
        };
    }
}
