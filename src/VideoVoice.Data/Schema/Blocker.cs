using System.Globalization;

namespace VideoVoice.Data.Schema;

/// <summary>A row of <c>list_blockers.sql</c>.</summary>
internal sealed record Blocker
{
    private const int ShownQuery = 200;

    public int? Pid { get; init; }

    public string? UserName { get; init; }

    public string? ApplicationName { get; init; }

    public string? State { get; init; }

    public string? Query { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>All of them as a sentence each, with what ends them.</summary>
    internal static string Text(IReadOnlyList<Blocker> blockers) => blockers.Count == 0
        ? "Who held the locks is gone."
        : string.Join(' ', blockers.Select(b => b.ToSentence()));

    private string ToSentence()
    {
        var query = Query is { Length: > ShownQuery } ? $"{Query[..ShownQuery]}..." : Query;
        var since = Since?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return Pid is null
            ? $"The prepared transaction '{query}' of {UserName} is open since {since}: commit prepared or rollback prepared."
            : $"Session {Pid} ({UserName}, application '{ApplicationName}', {State}) has a transaction open since {since}; its query: {query}. End it, or terminate it by its process id with pg_terminate_backend.";
    }
}
