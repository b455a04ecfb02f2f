using System.Collections.Concurrent;

namespace VideoVoice.Data.Hosting;

/// <summary>
/// The claims whose answer was lost. What they took is this worker's until its leases end, so it is read back before more is claimed. The server may commit
/// such a claim after that, because it need not notice that the connection is gone, so each is read again for as long as a lease lasts.
/// </summary>
internal sealed class LostClaims(VoiceManager voices, TimeSpan leaseDuration)
{
    private readonly ConcurrentQueue<Claim> _claims = new();
    private readonly ConcurrentDictionary<Guid, long> _readOnce = new();

    /// <param name="Id">The claim's id.</param>
    /// <param name="Places">The attempts in whose places it claimed.</param>
    private sealed record Claim(Guid Id, IReadOnlyCollection<VoiceFence> Places);

    internal void Add(Guid claimId, IReadOnlyCollection<VoiceFence> places) => _claims.Enqueue(new Claim(claimId, places));

    /// <summary>Adds a claim that was read back or retried with the same id.</summary>
    internal void AddReadOnce(Guid claimId) => _readOnce[claimId] = voices.Time.GetTimestamp();

    /// <summary>What one lost claim took, and in whose places; null when there is none. A claim that cannot be read now is kept.</summary>
    internal async Task<(IReadOnlyList<VoiceRequest> Requests, IReadOnlyCollection<VoiceFence> Places)?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_claims.TryDequeue(out var claim))
            return null;

        try
        {
            var requests = await voices.ListClaimedVoicesAsync(claim.Id, null, cancellationToken).ConfigureAwait(false);
            AddReadOnce(claim.Id);
            return (requests, claim.Places);
        }
        catch (Exception)
        {
            _claims.Enqueue(claim);
            throw;
        }
    }

    /// <summary>What the claims that were read once hold now, including what the worker has started.</summary>
    internal async Task<IReadOnlyList<VoiceRequest>> ReadAgainAsync(CancellationToken cancellationToken)
    {
        List<VoiceRequest> held = [];
        foreach (var (claimId, readAt) in _readOnce)
        {
            var over = voices.Time.GetElapsedTime(readAt) > leaseDuration;
            held.AddRange(await voices.ListClaimedVoicesAsync(claimId, null, cancellationToken).ConfigureAwait(false));
            if (over)
                _readOnce.TryRemove(claimId, out _);
        }

        return held;
    }
}
