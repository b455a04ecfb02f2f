namespace VideoVoice.Data.Hosting;

/// <summary>Speaks a line. The worker makes one instance for the process and calls it from as many tasks as its <see cref="VoiceWorkerOptions.Concurrency"/>.</summary>
public interface IVoiceSynthesizer
{
    /// <summary>
    /// The mappings whose voice is loaded, so that the next claim may prefer them; see <see cref="VoiceManager.ClaimVoicesAsync"/>. Read before each claim.
    /// </summary>
    IReadOnlyCollection<Guid> LoadedVoiceMappingIds => [];

    /// <summary>Speaks one line and stores the audio.</summary>
    /// <param name="request">The line, with its mapping resolved.</param>
    /// <param name="token">Cancelled when the lease is lost, the video was cancelled or deleted, or the shut-down time is over: stop then.</param>
    /// <returns>Where the audio is.</returns>
    /// <exception cref="PermanentVoiceException">The line can never be spoken. Any other exception lets the request be tried again while attempts are left.</exception>
    Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token);
}
