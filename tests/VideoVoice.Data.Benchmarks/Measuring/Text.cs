using System.Globalization;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>Figures for people: three or four digits, never more than was measured.</summary>
internal static class Text
{
    internal static string Of(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    internal static string Of(Verdict verdict)
    {
        var goal = verdict.Goal;
        var against = goal.Against is null ? "" : $" against {goal.Against}";
        var value = verdict.Value is { } v ? Of(v) : "not measured";
        return $"{goal.Contender}, {goal.Metric}{against}: {value} (goal {(goal.AtLeast ? "≥" : "≤")} {Of(goal.Bound)})";
    }
}
