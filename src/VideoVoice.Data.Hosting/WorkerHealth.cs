using System.Collections.Concurrent;

namespace VideoVoice.Data.Hosting;

/// <summary>What keeps the workers of this process from working, for the health check.</summary>
internal sealed class WorkerHealth
{
    private readonly ConcurrentDictionary<(string Worker, string Kind), string> _problems = new();

    internal IReadOnlyCollection<string> Problems => [.. _problems.OrderBy(p => p.Key).Select(p => p.Value)];

    internal void Report(string worker, string kind, string problem) => _problems[(worker, kind)] = problem;

    internal void Clear(string worker, string kind) => _problems.TryRemove((worker, kind), out _);
}
