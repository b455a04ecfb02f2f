using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>
/// What writes many requests locks them in the order of their ids, whatever the order of the list or the table: so no two calls wait for each other. Seen while a call
/// waits for the request with the higher id: it holds the lower one.
/// </summary>
public sealed class LockOrderTests : UnorderedTest
{
    private readonly Guid _low = new("00000000-0000-0000-0000-000000000001");
    private readonly Guid _high = new("ffffffff-0000-0000-0000-000000000001");
    private Guid _video;

    public enum Write
    {
        Complete,
        CompleteAndClaim,
        Heartbeat,
        Release,
        Cancel,
        Delete,
        Priority,
        Retry,
    }

    [SetUp]
    public async Task CreateRequestsAsync()
    {
        _video = await CreateVideoAsync();
        // The higher id stands first in the table, in the conversation and in the queue.
        foreach (var (id, position) in new[] { (_high, 0), (_low, 1) })
        {
            await SqlAsync(
                """
                insert into voices (id, video_id, character_name, text_content, position, status, attempt, worker_id, lease_expires_at, queue_at)
                values (@id, @_video, 'Ana', 'Oi', @position, 'processing', 1, 'worker', now() + interval '5 minutes', now() - interval '1 hour' + make_interval(secs => @position))
                """,
                new { id, _video, position });
        }
    }

    [Test]
    public async Task The_lower_id_is_locked_first([Values] Write write)
    {
        if (write == Write.Retry)
            await SqlAsync("update voices set status = 'failed', lease_expires_at = null where id = @_high; update voices set status = 'failed', lease_expires_at = null where id = @_low", new { _high, _low });
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where id = @_high for update", new { _high });

        var waiting = WriteAsync(write, [new VoiceFence(_high, 1), new VoiceFence(_low, 1)]);
        await held.UntilWaitedForAsync(waiting, Token);

        Assert.That(
            async () => await SqlAsync("select from voices where id = @_low for update nowait", new { _low }),
            Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.LockNotAvailable),
            "It waits for the higher id and has not locked the lower one.");
        await held.CommitAsync();
        await waiting;
    }

    /// <summary>Fenced writes look up the primary key in the order of the list, which the caller sorts; in a session without indexes no statement could keep it.</summary>
    private async Task WriteAsync(Write write, VoiceFence[] fences) => await (write switch
    {
        Write.Complete => Voices.CompleteVoicesAsync([.. fences.Select(f => new VoiceCompletion(f, "/a.wav"))], cancellationToken: Token),
        Write.CompleteAndClaim => Voices.CompleteAndClaimVoicesAsync([.. fences.Select(f => new VoiceCompletion(f, "/a.wav"))], new VoiceClaim("worker", 1, Lease), cancellationToken: Token),
        Write.Heartbeat => Voices.HeartbeatVoicesAsync(fences, Lease, cancellationToken: Token),
        Write.Release => Voices.ReleaseVoicesAsync(fences, cancellationToken: Token),
        Write.Cancel => UnorderedVideos.CancelVideoAsync(_video, cancellationToken: Token),
        Write.Delete => UnorderedVideos.DeleteVideoAsync(_video, cancellationToken: Token),
        Write.Priority => UnorderedVideos.SetVideoPriorityAsync(_video, 7, cancellationToken: Token),
        _ => (Task)UnorderedVoices.RetryFailedVoicesAsync(_video, cancellationToken: Token),
    });
}
