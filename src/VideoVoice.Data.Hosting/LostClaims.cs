using System.Collections.Concurrent;

namespace VideoVoice.Data.Hosting;

/// <summary>The claims whose answer was lost. What they took is this worker's until its leases end, so it is read back before more is claimed.</summary>
internal sealed class LostClaims(VoiceManager voices)
{
    private readonly ConcurrentQueue<Guid> _ids = new();

    internal void Add(Guid claimId) => _ids.Enqueue(claimId);

    /// <summary>What the lost claims took, each once; what cannot be read now is read the next time.</summary>
    internal async Task<IReadOnlyList<VoiceRequest>> ReadAsync(CancellationToken cancellationToken)
    {
        List<VoiceRequest> requests = [];
        while (_ids.TryDequeue(out var id))
        {
            try
            {
                requests.AddRange(await voices.ListClaimedVoicesAsync(id, null, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception) when (requests.Count == 0)
            {
                _ids.Enqueue(id);
                throw;
            }
            catch (Exception)
            {
                // Those of the ids before this one must not be lost again.
                _ids.Enqueue(id);
                break;
            }
        }

        return requests;
    }
}
