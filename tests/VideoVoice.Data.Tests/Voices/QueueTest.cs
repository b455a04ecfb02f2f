using Microsoft.Extensions.Time.Testing;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>A test of the work queue. Its clock moves on by a second with each reading, so that every claim is one that looks back.</summary>
public abstract class QueueTest : DatabaseTest
{
    protected override TimeProvider Time { get; } = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };

    protected static TimeSpan Lease { get; } = TimeSpan.FromMinutes(5);

    protected async Task<VoiceRequest> ClaimOneAsync(string workerId = "worker") =>
        (await Voices.ClaimVoicesAsync(workerId, 1, Lease, cancellationToken: Token)).Single();

    /// <summary>The texts of what one claim takes, in its order.</summary>
    protected async Task<string[]> ClaimTextsAsync(int limit, params Guid[] loaded) =>
        [.. (await Voices.ClaimVoicesAsync(new VoiceClaim("worker", limit, Lease) { LoadedVoiceMappingIds = loaded }, cancellationToken: Token)).Select(r => r.TextContent)];

    protected Task<int> ExpireLeasesAsync() =>
        SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where lease_expires_at is not null");

    /// <summary>Every column of the request; null when there is no such row.</summary>
    protected Task<string> RowAsync(Guid id) =>
        ScalarAsync<string>("select to_jsonb(v)::text from voices v where v.id = @id", new { id });

    /// <summary>A pending request at a place in the queue, counted in seconds from a fixed time in the past.</summary>
    protected async Task<Guid> QueueAsync(Guid video, string text, double second, Guid? mapping = null, int priority = 0)
    {
        var id = Guid.NewGuid();
        await SqlAsync(
            """
            insert into voices (id, video_id, voice_mapping_id, character_name, text_content, priority, queue_at)
            values (@id, @video, @mapping, 'Aluno', @text, @priority, '2026-01-01Z'::timestamptz + make_interval(secs => @second))
            """,
            new { id, video, text, second, mapping, priority });
        return id;
    }

    protected async Task<Guid> MappingAsync(string voiceId) => (await VoiceMappings.GetVoiceMappingAsync(voiceId, cancellationToken: Token))!.Id;
}
