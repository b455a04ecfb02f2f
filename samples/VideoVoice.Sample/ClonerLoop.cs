using VideoVoice.Data;

namespace VideoVoice.Sample;

/// <summary>
/// The worker's part: takes pending requests, has them spoken and records the result. It holds no lease, as the Python cloner does not:
/// a line that is being spoken when its process is killed stays in processing.
/// </summary>
/// <param name="voices">The queue.</param>
/// <param name="cloner">Speaks.</param>
/// <param name="report">Takes a line for each line that was spoken or failed; null reports nothing.</param>
internal sealed class ClonerLoop(VoiceManager voices, Cloner cloner, Action<string>? report = null)
{
    /// <summary>How many lines are spoken at once.</summary>
    public const int Workers = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs the workers until cancelled or, when asked, until nothing is pending. Lines in progress are finished first.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task RunAsync(bool untilEmpty, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(untilEmpty, cancellationToken)));

    private async Task WorkAsync(bool untilEmpty, CancellationToken cancellationToken)
    {
        while (true)
        {
            // As many as there are workers here: one of them is left for each.
            var pending = await voices.ListPendingVoicesAsync(Workers, cancellationToken: cancellationToken);
            foreach (var request in pending)
            {
                cancellationToken.ThrowIfCancellationRequested();

                // No token from here on: what was started must be finished.
                if (await voices.StartVoiceProcessingAsync(request.Id, cancellationToken: CancellationToken.None) == Outcome.Applied)
                    await SpeakAsync(request);
            }

            if (pending.Count > 0)
                continue;
            if (untilEmpty)
                return;

            await Task.Delay(Interval, cancellationToken);
        }
    }

    private async Task SpeakAsync(VoiceRequest request)
    {
        Outcome outcome;
        string result;
        try
        {
            var (path, duration) = await TrySynthesizeAsync(request);
            outcome = await voices.CompleteVoiceProcessingAsync(request.Id, path);
            result = $"{path} ({duration.TotalSeconds:0.0} s)";
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            outcome = await voices.FailVoiceProcessingAsync(request.Id, e.Message);
            result = $"failed: {e.Message}";
        }

        report?.Invoke($"{request.CharacterName}: {request.TextContent} → {result}{(outcome == Outcome.Applied ? "" : $" (not recorded: {outcome})")}");
    }

    private async Task<(string Path, TimeSpan Duration)> TrySynthesizeAsync(VoiceRequest request)
    {
        try
        {
            return await cloner.SynthesizeAsync(request, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // Ctrl+C on a terminal ends the running espeak-ng, too, before this process knows of it. That must not fail the line for good.
            return await cloner.SynthesizeAsync(request, CancellationToken.None);
        }
    }
}
