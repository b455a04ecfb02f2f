using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Voices;

/// <summary>What <c>complete_voices.sql</c> asks for: a column each.</summary>
internal sealed record CompleteParameters(Guid[] Ids, int[] Attempts, string[] OutputAudioPaths, string?[] RemoteStoragePaths)
{
    /// <exception cref="ArgumentException">A path is empty or too long, an id is all zeros, or an attempt stands in the list twice.</exception>
    internal static CompleteParameters Of(IReadOnlyCollection<VoiceCompletion> completions)
    {
        Check.DistinctFences(completions.Select(c => c.Fence), i => $"completions[{i}].Fence");
        return new(
            [.. completions.Select(c => c.Fence.VoiceId)],
            [.. completions.Select(c => c.Fence.Attempt)],
            [.. completions.Select((c, i) => Check.Text(c.OutputAudioPath, 500, $"completions[{i}].OutputAudioPath"))],
            [.. completions.Select((c, i) => Check.OptionalText(c.RemoteStoragePath, 500, $"completions[{i}].RemoteStoragePath"))]);
    }
}
