using System.Collections.Concurrent;

namespace VideoVoice.Data.Hosting;

/// <summary>What keeps the workers of this process from working, for the health check. The options object identifies a worker.</summary>
internal sealed class WorkerHealth
{
    private readonly ConcurrentDictionary<(VoiceWorkerOptions Worker, string Kind), string> _problems = new();

    internal IReadOnlyCollection<string> Problems => [.. _problems.Values.Order(StringComparer.Ordinal)];

    internal void Report(VoiceWorkerOptions worker, string kind, string problem) => _problems[(worker, kind)] = problem;

    internal void Clear(VoiceWorkerOptions worker, string kind) => _problems.TryRemove((worker, kind), out _);
}
