using System.Collections.Concurrent;

namespace VideoVoice.Data.Hosting;

/// <summary>The claims whose answer was lost. What they took is this worker's until its leases end, so it is read back before more is claimed.</summary>
internal sealed class LostClaims(VoiceManager voices)
{
    private readonly ConcurrentQueue<Claim> _claims = new();

    /// <param name="Id">The claim's id.</param>
    /// <param name="Places">The attempts in whose places it claimed.</param>
    private sealed record Claim(Guid Id, IReadOnlyCollection<VoiceFence> Places);

    internal void Add(Guid claimId, IReadOnlyCollection<VoiceFence> places) => _claims.Enqueue(new Claim(claimId, places));

    /// <summary>What one lost claim took, and in whose places; null when there is none. A claim that cannot be read now is kept.</summary>
    internal async Task<(IReadOnlyList<VoiceRequest> Requests, IReadOnlyCollection<VoiceFence> Places)?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_claims.TryDequeue(out var claim))
            return null;

        try
        {
            return (await voices.ListClaimedVoicesAsync(claim.Id, null, cancellationToken).ConfigureAwait(false), claim.Places);
        }
        catch (Exception)
        {
            _claims.Enqueue(claim);
            throw;
        }
    }
}
