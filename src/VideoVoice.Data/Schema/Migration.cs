using System.Globalization;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Schema;

/// <summary>A file of <c>sql/migrations</c>: its number and, by its name, what it changes.</summary>
internal sealed record Migration(int Version, string Name, string Statement)
{
    internal static readonly IReadOnlyList<Migration> All = [.. Statements.Names
        .Where(name => name.StartsWith("migrations/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(statement => (Statement: statement, File: statement["migrations/".Length..]))
        .Select(m => new Migration(int.Parse(m.File.AsSpan(0, 4), CultureInfo.InvariantCulture), m.File, m.Statement))];

    /// <summary>The version that this library knows.</summary>
    internal static int Latest => All[^1].Version;

    /// <summary>Whether it runs outside a transaction, because others write meanwhile. Interrupted, it is begun again and finds what it has done.</summary>
    internal bool IsConcurrent => Name.EndsWith("_concurrently", StringComparison.Ordinal);
}
