using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Voices;

/// <summary>What a write by fences asks for: a column each, sorted by id, because rows are locked in that order. Guid sorts as the server's uuid does.</summary>
internal sealed record FencedWrite
{
    public required Guid[] Ids { get; init; }

    /// <summary>Null for a write without a fence, which counts only on a request without a lease.</summary>
    public required int?[] Attempts { get; init; }

    /// <summary>The index of each in the caller's list.</summary>
    internal required int[] Order { get; init; }

    public double RenewSeconds { get; init; }

    public bool IsRelease { get; init; }

    public string[]? OutputAudioPaths { get; init; }

    public bool[]? AreLocalStorage { get; init; }

    public string?[]? RemoteStoragePaths { get; init; }

    public string? ErrorMessage { get; init; }

    public bool Permanent { get; init; }

    public double RetrySeconds { get; init; }

    public double MaxRetrySeconds { get; init; }

    internal static FencedWrite Of(Guid id, int? attempt) => new() { Ids = [id], Attempts = [attempt], Order = [0] };

    /// <exception cref="ArgumentException">An id is all zeros.</exception>
    internal static FencedWrite Of(IReadOnlyCollection<VoiceFence> fences)
    {
        ArgumentNullException.ThrowIfNull(fences);
        Guid[] ids = [.. fences.Select((fence, i) => Check.Fence(fence, $"fences[{i}]").VoiceId)];
        return new FencedWrite { Ids = ids, Attempts = [.. fences.Select(fence => (int?)fence.Attempt)], Order = [.. Enumerable.Range(0, ids.Length)] }.Sorted();
    }

    /// <exception cref="ArgumentException">A path is empty or too long, an id is all zeros, or an attempt stands in the list twice.</exception>
    internal static FencedWrite Of(IReadOnlyCollection<VoiceCompletion> completions)
    {
        ArgumentNullException.ThrowIfNull(completions);
        Check.DistinctFences(completions.Select(c => c.Fence), i => $"completions[{i}].Fence");
        return new FencedWrite
        {
            Ids = [.. completions.Select(c => c.Fence.VoiceId)],
            Attempts = [.. completions.Select(c => (int?)c.Fence.Attempt)],
            Order = [.. Enumerable.Range(0, completions.Count)],
            OutputAudioPaths = [.. completions.Select((c, i) => Check.Text(c.OutputAudioPath, 500, $"completions[{i}].OutputAudioPath"))],
            RemoteStoragePaths = [.. completions.Select((c, i) => Check.OptionalText(c.RemoteStoragePath, 500, $"completions[{i}].RemoteStoragePath"))],
            AreLocalStorage = [.. completions.Select(c => c.RemoteStoragePath is null)],
        }.Sorted();
    }

    /// <summary>Those that are not among the written.</summary>
    internal FencedWrite Except(IReadOnlyList<Written> written)
    {
        var fences = written.Select(w => new VoiceFence(w.VoiceId, w.Attempt)).ToHashSet();
        return Pick([.. Enumerable.Range(0, Ids.Length).Where(i => Attempts[i] is { } attempt ? !fences.Contains(new VoiceFence(Ids[i], attempt)) : fences.Count == 0)]);
    }

    private FencedWrite Sorted()
    {
        if (Ids.Length == 1)
            return this;

        int[] order = [.. Order];
        Array.Sort([.. Ids], order);
        return Pick(order);
    }

    private FencedWrite Pick(int[] indexes)
    {
        return this with
        {
            Ids = Of(Ids),
            Attempts = Of(Attempts),
            Order = Of(Order),
            OutputAudioPaths = OutputAudioPaths is { } paths ? Of(paths) : null,
            RemoteStoragePaths = RemoteStoragePaths is { } remote ? Of(remote) : null,
            AreLocalStorage = AreLocalStorage is { } local ? Of(local) : null,
        };

        T[] Of<T>(T[] column) => Array.ConvertAll(indexes, i => column[i]);
    }

    /// <summary>A row that such a write returns.</summary>
    internal sealed record Written
    {
        public Guid VoiceId { get; init; }

        public int Attempt { get; init; }
    }
}
