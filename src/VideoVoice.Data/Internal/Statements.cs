using System.Collections.Frozen;
using System.Text;

namespace VideoVoice.Data.Internal;

/// <summary>The SQL of the folder <c>sql</c>, embedded in this assembly, by the path without its ending: <c>voices/claim_voices</c>.</summary>
internal static class Statements
{
    private const string Prefix = "sql/";
    private const string Suffix = ".sql";

    private static readonly FrozenDictionary<string, string> s_texts = Load();

    internal static IEnumerable<string> Names => s_texts.Keys;

    internal static string Get(string name) => s_texts[name];

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
