using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class RequeueStuckVoicesTests : QueueTest
{
    [Test]
    public async Task Only_old_requests_without_a_lease_are_pending_again()
    {
        var video = await CreateVideoAsync("leased", "expired", "old", "young", "pending", "exhausted");
        await Voices.ClaimVoicesAsync("worker", 2, Lease, cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 hour' where text_content = 'expired'");
        await SqlAsync("update voices set status = 'processing' where text_content in ('old', 'young', 'exhausted')");
        await SqlAsync("update voices set attempt = 3, worker_id = 'cloner', available_at = now() + interval '1 hour' where text_content = 'exhausted'");
        await SqlAsync("update voices set processing_started_at = now() - interval '1 hour' where text_content <> 'young'");
        await SqlAsync("update voices set processing_started_at = now() - interval '1 minute' where text_content = 'young'");
        const string Others = "select jsonb_agg(to_jsonb(v) order by v.id)::text from voices v where v.text_content not in ('old', 'exhausted')";
        var before = await ScalarAsync<string>(Others);

        Assert.That(await Voices.RequeueStuckVoicesAsync(TimeSpan.FromMinutes(30), cancellationToken: Token), Is.EqualTo(2));

        var voices = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).ToDictionary(v => v.TextContent);
        var error = (await Voices.ListVoiceErrorsAsync(voices["exhausted"].Id, cancellationToken: Token)).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ScalarAsync<string>(Others), Is.EqualTo(before));
            Assert.That((voices["old"].Status, voices["old"].Attempt, voices["old"].MaxAttempts), Is.EqualTo((VoiceStatus.Pending, 0, 3)));
            Assert.That((voices["exhausted"].Status, voices["exhausted"].Attempt, voices["exhausted"].MaxAttempts), Is.EqualTo((VoiceStatus.Pending, 3, 4)));
            Assert.That((error.Attempt, error.WorkerId, error.Message), Is.EqualTo((3, "cloner", "Requeued: it was processing without a lease for too long.")));
            Assert.That((voices["exhausted"].WorkerId, voices["exhausted"].AvailableAt), Is.EqualTo(((string?)null, (DateTimeOffset?)null)));
            Assert.That(voices["old"].ProcessingStartedAt, Is.Null);
        }
    }

    [Test]
    public async Task A_request_that_somebody_writes_at_this_moment_is_not_stuck_and_not_waited_for()
    {
        await CreateVideoAsync("written", "stuck");
        await SqlAsync("update voices set status = 'processing', processing_started_at = now() - interval '1 hour'");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var id = await ScalarAsync<Guid>("select id from voices where text_content = 'written'");
        await Voices.CompleteVoiceProcessingAsync(id, "/w.wav", transaction: transaction, cancellationToken: Token);

        var requeued = Voices.RequeueStuckVoicesAsync(TimeSpan.FromMinutes(30), cancellationToken: Token);

        Assert.That(await requeued.WaitAsync(TimeSpan.FromSeconds(20), Token), Is.EqualTo(1));
    }
}
