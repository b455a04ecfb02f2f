using System.Text;

namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>The library's own statements, so that every contender runs the same SQL.</summary>
internal static class Sql
{
    /// <summary>A statement by its path in the folder sql.</summary>
    internal static string Get(string name)
    {
        using var stream = typeof(VoiceManager).Assembly.GetManifestResourceStream($"sql/{name}.sql")
            ?? throw new InvalidOperationException($"The library has no statement {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
