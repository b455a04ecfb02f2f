using System.Diagnostics;
using System.Globalization;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>The figures of one metric of one contender.</summary>
internal sealed record Figure(string Contender, Metric Metric, double[] Rounds)
{
    internal double Median => Round.Median(Rounds);

    internal double Lowest => Rounds.Min();

    internal double Highest => Rounds.Max();
}

/// <summary>What a goal came to.</summary>
/// <param name="Goal">The promise.</param>
/// <param name="Value">The median, or the ratio of the medians; null when a contender is missing.</param>
internal sealed record Verdict(Goal Goal, double? Value)
{
    internal bool Met => Value is { } value && (Goal.AtLeast ? value >= Goal.Bound : value <= Goal.Bound);
}

/// <summary>What a benchmark came to.</summary>
/// <param name="Benchmark">The row.</param>
/// <param name="Figures">By contender and metric.</param>
/// <param name="Missing">Contenders that could not take part, and why.</param>
internal sealed record Result(Benchmark Benchmark, IReadOnlyList<Figure> Figures, IReadOnlyList<(string Contender, string Hint)> Missing)
{
    internal IReadOnlyList<Verdict> Verdicts => [.. Benchmark.Goals.Select(goal => new Verdict(goal, Value(goal)))];

    internal Figure? Find(string contender, string metric) => Figures.FirstOrDefault(f => f.Contender == contender && f.Metric.Name == metric);

    internal double? Ratio(Figure figure) =>
        Benchmark.Limit is { } limit && Find(limit, figure.Metric.Name) is { } other ? figure.Median / other.Median : null;

    private double? Value(Goal goal)
    {
        var value = Find(goal.Contender, goal.Metric)?.Median;
        return goal.Against is null ? value : value / Find(goal.Against, goal.Metric)?.Median;
    }
}

/// <summary>A contender did not do its work, so its benchmark has no figures.</summary>
internal sealed class BrokenException(string message) : Exception(message);

/// <summary>Runs benchmarks: their contenders take turns, each on a database of its own.</summary>
internal sealed class Table(Arena arena)
{
    internal async Task<Result> RunAsync(Benchmark benchmark)
    {
        var clock = Stopwatch.StartNew();
        var rounds = benchmark.Contenders.ToDictionary(c => c.Name, _ => new List<double[]>());
        var missing = new List<(string, string)>();
        var databases = new Dictionary<string, TestDatabase>();
        try
        {
            foreach (var contender in benchmark.Contenders)
                databases[contender.Name] = await arena.CreateAsync(contender.Template);

            // The first round warms the process up and does not count. Where one or two are enough, each is long.
            var count = arena.Options.Short ? 1 : benchmark.Rounds ?? arena.Options.Rounds;
            for (var round = arena.Options.Short || benchmark.Rounds < 3 ? 1 : 0; round <= count; round++)
            {
                foreach (var contender in benchmark.Contenders.Where(c => missing.All(m => m.Item1 != c.Name)))
                {
                    try
                    {
                        var figures = await contender.RoundAsync(databases[contender.Name]);
                        if (figures.Length != benchmark.Metrics.Length || figures.Any(double.IsNaN))
                            throw new InvalidOperationException($"{benchmark.Name}, {contender.Name}: {figures.Length} figures for {benchmark.Metrics.Length} metrics, or no number.");
                        if (round > 0)
                            rounds[contender.Name].Add(figures);
                    }
                    catch (NotInstalledException e)
                    {
                        missing.Add((contender.Name, e.Message));
                    }
                    catch (Exception e)
                    {
                        throw new BrokenException($"{benchmark.Name}, {contender.Name}: {e}");
                    }
                }
            }
        }
        finally
        {
            foreach (var database in databases.Values)
                await database.DisposeAsync();
        }

        var result = new Result(
            benchmark,
            [.. from contender in benchmark.Contenders
                where rounds[contender.Name].Count > 0
                from metric in benchmark.Metrics.Index()
                select new Figure(contender.Name, metric.Item, [.. rounds[contender.Name].Select(r => r[metric.Index])])],
            missing);
        Print(result, clock.Elapsed);
        return result;
    }

    private static void Print(Result result, TimeSpan time)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Benchmark.Name} ({time.TotalSeconds:0} s)"));
        foreach (var figure in result.Figures)
        {
            var ratio = result.Ratio(figure) is { } value ? string.Create(CultureInfo.InvariantCulture, $"  {value:0.00}") : "";
            Console.WriteLine($"  {figure.Contender,-32} {figure.Metric.Name,-28} {Text.Of(figure.Median),10} {figure.Metric.Unit,-9} ({Text.Of(figure.Lowest)} to {Text.Of(figure.Highest)}){ratio}");
        }

        foreach (var (contender, hint) in result.Missing)
            Console.WriteLine($"  {contender,-32} not installed: {hint}");
        foreach (var verdict in result.Verdicts)
            Console.WriteLine($"  {(verdict.Value is null ? "unknown" : verdict.Met ? "met" : "MISSED"),-8} {Text.Of(verdict)}");
    }
}
