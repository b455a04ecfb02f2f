using System.Globalization;
using System.Text;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Rivals;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Report;

/// <summary>The page with the goals first, and then each benchmark with its figures and its plot.</summary>
internal static class Markdown
{
    internal static async Task WriteAsync(string file, IReadOnlyList<Result> results, Machine machine, DateTimeOffset date, RunOptions options)
    {
        var folder = Path.ChangeExtension(file, null);
        Directory.CreateDirectory(folder);
        var page = new StringBuilder();
        page.AppendLine("# Benchmarks").AppendLine();
        page.AppendLine("One run of `dotnet run -c Release --project tests/VideoVoice.Data.Benchmarks -- --output docs/benchmarks.md`, which wrote this page. Trust ratios, not figures: client and server share the machine.").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"- Date: {date:yyyy-MM-dd}. {(options.Short ? "A short run, whose figures mean nothing." : $"{options.Rounds} rounds of {options.Seconds} s unless said otherwise; the contenders take turns.")}");
        page.AppendLine(CultureInfo.InvariantCulture, $"- Machine: {machine.Processor}, {machine.Cores} cores, {machine.MemoryGiB:0} GiB of memory, {machine.System}; the kind of disk is not known. Server: {machine.Settings}.");
        page.AppendLine(CultureInfo.InvariantCulture, $"- Versions: {string.Join(", ", machine.Versions.Select(v => $"{v.Key} {v.Value}").Concat(Peer.Versions.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}: {v.Value}")))}.").AppendLine();

        page.AppendLine("## Goals").AppendLine();
        page.AppendLine("| Benchmark | What | Goal | Measured | |").AppendLine("|---|---|---|---|---|");
        foreach (var result in results)
        {
            foreach (var verdict in result.Verdicts)
            {
                var goal = verdict.Goal;
                page.AppendLine(CultureInfo.InvariantCulture, $"| [{result.Benchmark.Name}](#{result.Benchmark.Name}) | {goal.Contender}, {goal.Metric}{(goal.Against is null ? "" : $", against {goal.Against}")} | {(goal.AtLeast ? "≥" : "≤")} {Text.Of(goal.Bound)} | {(verdict.Value is { } v ? Text.Of(v) : "not measured")} | {(verdict.Value is null ? "" : verdict.Met ? "met" : "**missed**")} |");
            }
        }

        foreach (var result in results)
        {
            var benchmark = result.Benchmark;
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {benchmark.Name}").AppendLine();
            page.AppendLine(CultureInfo.InvariantCulture, $"{char.ToUpperInvariant(benchmark.Title[0])}{benchmark.Title[1..]}.{(benchmark.Rounds is { } rounds ? $" Rounds: {rounds}." : "")}{(benchmark.Remark is { } remark ? $" {remark}" : "")}").AppendLine();
            if (benchmark.Across)
                AppendAcross(page, result);
            else
                AppendDown(page, result);
            foreach (var (contender, hint) in result.Missing)
                page.AppendLine(CultureInfo.InvariantCulture, $"| {contender} | not installed: {hint.ReplaceLineEndings(" ")} | | | |");

            var plot = $"{benchmark.Name}.svg";
            await File.WriteAllTextAsync(Path.Combine(folder, plot), Svg.Bars(result));
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![{benchmark.Title}]({Path.GetFileName(folder)}/{plot})");
        }

        await File.WriteAllTextAsync(file, page.ToString().ReplaceLineEndings("\n"));
    }

    private static void AppendDown(StringBuilder page, Result result)
    {
        page.AppendLine(CultureInfo.InvariantCulture, $"| Contender | Metric | Median | Range | {(result.Benchmark.Limit is null ? "" : $"Ratio to {result.Benchmark.Limit}")} |").AppendLine("|---|---|---|---|---|");
        foreach (var figure in result.Figures)
            page.AppendLine(CultureInfo.InvariantCulture, $"| {figure.Contender} | {figure.Metric.Name} | {Text.Of(figure.Median)} {figure.Metric.Unit} | {Text.Of(figure.Lowest)}–{Text.Of(figure.Highest)} | {(result.Ratio(figure) is { } ratio ? Text.Of(ratio) : "")} |");
    }

    private static void AppendAcross(StringBuilder page, Result result)
    {
        string[] contenders = [.. result.Figures.Select(f => f.Contender).Distinct()];
        page.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", contenders)} | Ratio of the last to the first |").AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(contenders.Select(_ => "---|"))}---|");
        foreach (var metric in result.Benchmark.Metrics)
        {
            Figure[] figures = [.. contenders.Select(contender => result.Find(contender, metric.Name)!)];
            page.AppendLine(CultureInfo.InvariantCulture, $"| {metric.Name} | {string.Join(" | ", figures.Select(f => $"{Text.Of(f.Median)} {metric.Unit}"))} | {Text.Of(figures[^1].Median / figures[0].Median)} |");
        }
    }
}
