namespace VideoVoice.Data.Schema;

/// <summary>A row of <c>list_obstacles.sql</c>.</summary>
internal sealed record Obstacle
{
    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The column or view that it uses; of a table its owner.</summary>
    public string? Uses { get; init; }

    internal string Text => Kind switch
    {
        "column" => $"The column {Name} has the name of a column that is added: rename it (alter table ... rename column ... to ...).",
        "table" => $"The table {Name} belongs to the role \"{Uses}\": initialize as \"{Uses}\", or give the table to this user (alter table {Name} owner to ...).",
        _ => $"The {Kind} {Name} uses {Uses}, which changes: drop it and make it again afterwards.",
    };

    /// <exception cref="InvalidOperationException">There is one; the message names each with its cure.</exception>
    internal static void RefuseAny(IReadOnlyList<Obstacle> found)
    {
        if (found.Count > 0)
            throw new InvalidOperationException($"The database cannot be adopted as it is. Nothing was changed. {string.Join(' ', found.Select(o => o.Text))}");
    }
}
