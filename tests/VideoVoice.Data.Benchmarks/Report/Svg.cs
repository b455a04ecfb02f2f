using System.Globalization;
using System.Net;
using System.Text;
using VideoVoice.Data.Benchmarks.Measuring;

namespace VideoVoice.Data.Benchmarks.Report;

/// <summary>A plot of one benchmark: for each metric a group of horizontal bars from 0 to the median, with a whisker over the range.</summary>
internal static class Svg
{
    private const int Width = 760;
    private const int Left = 230;
    private const int Bar = 430;
    private const int Line = 24;

    internal static string Bars(Result result)
    {
        var body = new StringBuilder();
        var y = 30;
        foreach (var group in result.Figures.GroupBy(f => f.Metric))
        {
            var most = Math.Max(group.Max(f => f.Highest), double.Epsilon);
            body.AppendLine(CultureInfo.InvariantCulture, $"""<text x="8" y="{y}" font-weight="bold">{WebUtility.HtmlEncode(group.Key.Name)}{(group.Key.Unit.Length > 0 ? $" ({WebUtility.HtmlEncode(group.Key.Unit)})" : "")}</text>""");
            y += 8;
            foreach (var figure in group)
            {
                double X(double value) => Left + (Math.Max(0, value) / most * Bar);
                var middle = y + (Line / 2);
                var ours = figure.Contender.StartsWith("library", StringComparison.Ordinal);
                body.AppendLine(CultureInfo.InvariantCulture, $"""
                    <text x="{Left - 8}" y="{middle + 4}" text-anchor="end">{WebUtility.HtmlEncode(figure.Contender)}</text>
                    <rect x="{Left}" y="{y + 4}" width="{X(figure.Median) - Left:0.0}" height="{Line - 8}" fill="{(ours ? "#2f6fb0" : "#9aa5b1")}"/>
                    <path d="M{X(figure.Lowest):0.0} {middle}H{X(figure.Highest):0.0}M{X(figure.Lowest):0.0} {middle - 4}v8M{X(figure.Highest):0.0} {middle - 4}v8" stroke="#222" fill="none"/>
                    <text x="{X(figure.Highest) + 6:0.0}" y="{middle + 4}">{Text.Of(figure.Median)}</text>
                    """);
                y += Line;
            }

            y += 28;
        }

        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {y}" width="{Width}" height="{y}" font-family="sans-serif" font-size="12">
            <title>{WebUtility.HtmlEncode(result.Benchmark.Title)}</title>
            <rect width="{Width}" height="{y}" fill="#fff"/>
            {body.ToString().TrimEnd()}
            </svg>

            """).ReplaceLineEndings("\n");
    }
}
