using System.Text.Json;

namespace VideoVoice.Sample;

/// <summary>A line of a conversation file.</summary>
internal sealed record ConversationLine(string From, string To, string Text);

/// <summary>A conversation file: a JSON array of objects with <c>from</c>, <c>to</c> and <c>text</c>.</summary>
internal sealed record Conversation(string Path, IReadOnlyList<ConversationLine> Lines)
{
    /// <summary>The file's name without its ending.</summary>
    public string Title => System.IO.Path.GetFileNameWithoutExtension(Path) is { Length: > 0 } name ? name : System.IO.Path.GetFileName(Path);

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="SampleException">It cannot be read, is no such JSON, holds no line, or a line names no speaker or has no text.</exception>
    public static async Task<Conversation> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var lines = Parse(path, await ReadTextAsync(path, cancellationToken));
        if (lines.Count == 0)
            throw new SampleException($"{path} holds no line. It must be an array of objects with from, to and text.");

        for (var i = 0; i < lines.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]?.From))
                throw new SampleException($"{path}: line {i + 1} does not say whose it is. Set its \"from\".");
            if (string.IsNullOrWhiteSpace(lines[i]?.Text))
                throw new SampleException($"{path}: line {i + 1} has no text. Set its \"text\", or remove the line.");
        }

        return new Conversation(path, lines!);
    }

    private static async Task<string> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SampleException($"There is no file {path}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static List<ConversationLine?> Parse(string path, string json)
    {
        try
        {
            return JsonSerializer.Deserialize<List<ConversationLine?>>(json, JsonSerializerOptions.Web) ?? [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new SampleException($"{path} is no JSON array of objects with from, to and text: {e.Message}", e);
        }
    }
}
