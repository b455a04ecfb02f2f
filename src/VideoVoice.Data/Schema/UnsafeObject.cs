namespace VideoVoice.Data.Schema;

/// <summary>A row of <c>list_unsafe_objects.sql</c>.</summary>
internal sealed record UnsafeObject
{
    private const int Shown = 10;

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Role { get; init; } = "";

    /// <exception cref="InvalidOperationException">There is one; the message names it, whose it is and the cure.</exception>
    internal static void RefuseAny(IReadOnlyList<UnsafeObject> found)
    {
        if (found.Count == 0)
            return;

        var more = found.Count > Shown ? $" And {found.Count - Shown} more." : "";
        throw new InvalidOperationException(
            $"The schema is not safe to use: what other roles have put there, or could put there, would run with this user's rights. Nothing was changed. {string.Join(' ', found.Take(Shown).Select(o => o.Text))}{more}");
    }

    private string Text => Kind switch
    {
        "schema" => $"The role \"{Role}\" may create in the schema \"{Name}\": revoke create on schema \"{Name}\" from public, \"{Role}\".",
        "database" => $"The role \"{Role}\" may create a schema of this user's name, which would come first: revoke create on database \"{Name}\" from public, \"{Role}\", or set Schema.",
        _ => $"The {Kind} {Name} belongs to the role \"{Role}\": drop it or, if it is yours, give it to the owner of the database (alter {(Kind == "relation" ? "table" : Kind)} ... owner to ...) or initialize as \"{Role}\".",
    };
}
