using System.Text.RegularExpressions;

namespace VideoVoice.Data.Mutations;

/// <summary>Statements without one of their guards: a lock, a condition, an order, a bound, an assignment.</summary>
internal static partial class SqlMutants
{
    /// <summary>The schema is compared with its approved text by the golden test, which every change of a migration fails.</summary>
    private const string Migrations = "sql/migrations/";

    internal static IEnumerable<Mutant> Of(string file, string text)
    {
        if (file.StartsWith(Migrations, StringComparison.Ordinal) || file == "sql/schema.sql")
            yield break;

        // A comment is no place to change.
        var body = Comment().Replace(text, "");
        var counts = new Dictionary<string, int>();
        foreach (var (start, length, replacement, what) in Changes(body))
        {
            var changed = body[..start] + replacement + body[(start + length)..];
            var place = Blank().Replace(what, " ").Trim();
            counts[place] = counts.GetValueOrDefault(place) + 1;
            yield return new Mutant(file, counts[place] == 1 ? place : $"{place} ({counts[place]})", changed);
        }
    }

    private static IEnumerable<(int Start, int Length, string Replacement, string What)> Changes(string body)
    {
        foreach (Match m in Lock().Matches(body))
        {
            yield return (m.Index, m.Length, "", $"no {m.Value}");
            if (m.Groups["skip"].Success)
                yield return (m.Groups["skip"].Index, m.Groups["skip"].Length, "", $"no skip locked in {m.Value}");
        }

        foreach (Match m in Conjunct().Matches(body))
            yield return (m.Index, m.Length, "", $"no {m.Value}");
        foreach (Match m in First().Matches(body))
            yield return (m.Groups["condition"].Index, m.Groups["condition"].Length, "true", $"no {m.Value}");
        foreach (Match m in Order().Matches(body))
            yield return (m.Index, m.Length, "", $"no {m.Value}");
        foreach (Match m in Limit().Matches(body))
            yield return (m.Index, m.Length, "", $"no {m.Value}");
        foreach (Match m in Assignment().Matches(body))
            yield return (m.Index, m.Length, "", $"no {m.Value}");
        foreach (Match m in Comparison().Matches(body))
        {
            // No test meets the microsecond at which both are the same.
            if (LineOf(body, m.Index).Contains("_timestamp()", StringComparison.Ordinal))
                continue;

            var other = m.Value switch { "<" => "<=", "<=" => "<", ">" => ">=", _ => ">" };
            yield return (m.Index, m.Length, other, $"{other} in {LineOf(body, m.Index)}");
        }

        foreach (Match m in NullTest().Matches(body))
            yield return (m.Index, m.Length, m.Value == "is null" ? "is not null" : "is null", $"the opposite of {m.Value} in {LineOf(body, m.Index)}");
        foreach (Match m in Descending().Matches(body))
            yield return (m.Index, m.Length, "", $"no desc in {LineOf(body, m.Index)}");
        foreach (Match m in More().Matches(body))
            yield return (m.Index, m.Length, "+ 0", $"nothing added in {LineOf(body, m.Index)}");
        foreach (Match m in AdvisoryLock().Matches(body))
            yield return (m.Index, m.Length, "select 1;", "no lock");
    }

    private static string LineOf(string body, int index)
    {
        var start = body.LastIndexOf('\n', index) + 1;
        var end = body.IndexOf('\n', index);
        return $"\"{body[start..(end < 0 ? body.Length : end)].Trim()}\" at {index - start}";
    }

    [GeneratedRegex(@"(?m)^\s*--.*\n?")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();

    [GeneratedRegex(@"for (update|no key update|share|key share)( of \w+)?(?<skip> skip locked)?")]
    private static partial Regex Lock();

    /// <summary>A line of a condition that is whole on it.</summary>
    [GeneratedRegex(@"(?m)^ *(and|or) (?<balanced>(?:[^()\n]|\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\))+)$")]
    private static partial Regex Conjunct();

    /// <summary>The first condition of several, or the only one.</summary>
    [GeneratedRegex(@"(?m)\bwhere (?<condition>(?:[^()\n]|\((?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*\))+?)(?= and |;|$|\))")]
    private static partial Regex First();

    [GeneratedRegex(@"(?m)^ *order by [^;\n]*|\border by [^)\n]+(?= limit|\))")]
    private static partial Regex Order();

    [GeneratedRegex(@"(?m)\blimit @\w+( - \(.*\))?$|(?m)^ *limit \d+$")]
    private static partial Regex Limit();

    /// <summary>Of an update, on a line of its own, but for the first, which stands behind SET, and for what the trigger sets as well.</summary>
    [GeneratedRegex(@"(?m)^ {4,8}(?!updated_at)\w+ = [^\n]+,\n(?= {4,8}\w+ = )")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?<=[\w)\]] )(<=|>=|<|>)(?= [\w(@'-])")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"\bis (not )?null\b")]
    private static partial Regex NullTest();

    [GeneratedRegex(@" desc\b( nulls last)?")]
    private static partial Regex Descending();

    [GeneratedRegex(@"\+ 1\b")]
    private static partial Regex More();

    [GeneratedRegex(@"(?m)^select pg_advisory_xact_lock\(.*;$")]
    private static partial Regex AdvisoryLock();
}
