namespace VideoVoice.Data.Hosting;

/// <summary>Synthesizes voice requests. The worker makes one instance for the process and calls it from as many tasks as its <see cref="VoiceWorkerOptions.Concurrency"/>.</summary>
public interface IVoiceSynthesizer
{
    /// <summary>
    /// The mappings whose voice is loaded, so that the next claim may prefer them; see <see cref="VoiceManager.ClaimVoicesAsync(VoiceClaim, Npgsql.NpgsqlTransaction?, CancellationToken)"/>. Read before each claim.
    /// </summary>
    IReadOnlyCollection<Guid> LoadedVoiceMappingIds => [];

    /// <summary>Synthesizes one request and stores the audio.</summary>
    /// <param name="request">The request, with its mapping resolved.</param>
    /// <param name="cancellationToken">Cancelled when the lease is lost, the video was cancelled or deleted, or the shut-down time is over: stop then.</param>
    /// <returns>Where the audio is.</returns>
    /// <exception cref="PermanentVoiceException">The request can never be synthesized. After any other exception the request is tried again while attempts are left.</exception>
    Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken cancellationToken);
}
