using System.Globalization;
using System.Security;
using System.Text;

namespace VideoVoice.Sample;

/// <summary>Stands in the place of the WhatsApp clone service, which has no database: draws the chat and returns the images' paths.</summary>
internal static class ChatImages
{
    private const int LinesAnImage = 6;
    private const int CharactersARow = 42;
    private const int RowHeight = 22;

    /// <summary>Writes SVG images of six lines each into a folder.</summary>
    /// <returns>The absolute paths, in the order of the conversation.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(Conversation conversation, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var paths = new List<string>();
        foreach (var lines in conversation.Lines.Chunk(LinesAnImage))
        {
            var path = Path.GetFullPath(Path.Combine(folder, $"chat-{paths.Count + 1:000}.svg"));
            await File.WriteAllTextAsync(path, Draw(lines, right: conversation.Lines[0].From), cancellationToken);
            paths.Add(path);
        }

        return paths;
    }

    private static string Draw(ConversationLine[] lines, string right)
    {
        var bubbles = new StringBuilder();
        var y = 10;
        foreach (var line in lines)
        {
            List<string> rows = [line.From, .. Wrap(line.Text)];
            var (x, color) = line.From == right ? (90, "#d9fdd3") : (10, "#ffffff");
            var height = rows.Count * RowHeight + 10;
            bubbles.Append(CultureInfo.InvariantCulture, $"<rect x='{x}' y='{y}' width='400' height='{height}' rx='8' fill='{color}'/>\n");
            for (var i = 0; i < rows.Count; i++)
                bubbles.Append(CultureInfo.InvariantCulture, $"<text x='{x + 10}' y='{y + (i + 1) * RowHeight}' font-weight='{(i == 0 ? "bold" : "normal")}'>{SecurityElement.Escape(rows[i])}</text>\n");

            y += height + 10;
        }

        return $"<svg xmlns='http://www.w3.org/2000/svg' width='500' height='{y}' font-family='sans-serif' font-size='16'>\n<rect width='500' height='{y}' fill='#efeae2'/>\n{bubbles}</svg>\n";
    }

    private static IEnumerable<string> Wrap(string text)
    {
        var row = "";
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (row.Length > 0 && row.Length + 1 + word.Length > CharactersARow)
            {
                yield return row;
                row = "";
            }

            row = row.Length == 0 ? word : $"{row} {word}";
        }

        yield return row;
    }
}
