using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;

namespace VideoVoice.Data.Internal;

/// <summary>The SQL of the folder <c>sql</c>, embedded in this assembly, by the path without its ending: <c>voices/claim_voices</c>.</summary>
internal static class Statements
{
    private const string Prefix = "sql/";
    private const string Suffix = ".sql";

    private static readonly FrozenDictionary<string, string> s_texts = Load();

    /// <summary>By their names, so that each text is one object: Dapper finds its reader for a statement by it.</summary>
    private static readonly ConcurrentDictionary<string, string> s_joined = new();

    internal static IEnumerable<string> Names => s_texts.Keys;

    internal static string Get(string name) => s_texts[name];

    /// <summary>Several statements as one text, which is one round trip and one transaction. Null names are left out.</summary>
    internal static string Join(params ReadOnlySpan<string?> names)
    {
        var key = string.Join('+', names);
        return s_joined.GetOrAdd(key, static key => string.Concat(key.Split('+', StringSplitOptions.RemoveEmptyEntries).Select(Get)));
    }

    private static FrozenDictionary<string, string> Load()
    {
        var assembly = typeof(Statements).Assembly;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            texts.Add(resource[Prefix.Length..^Suffix.Length], reader.ReadToEnd());
        }

        return texts.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
