namespace VideoVoice.Data.Mutations;

/// <summary>A change of one place that a test must notice.</summary>
/// <param name="File">From the root of the repository.</param>
/// <param name="Change">What is changed, on one line; unique within the file.</param>
/// <param name="Switch">What a test run is given so that it runs with the change: a number for C#, the whole text for a statement.</param>
internal sealed record Mutant(string File, string Change, string Switch)
{
    /// <summary>As it stands in equivalent.txt.</summary>
    internal string Name => $"{File} | {Change}";

    internal bool IsSql => File.EndsWith(".sql", StringComparison.Ordinal);

    /// <summary>What a test must reach to notice it: the statement, as the library asks for it, or the rewritten place.</summary>
    internal string Place => IsSql ? File["sql/".Length..^".sql".Length] : Switch;
}
