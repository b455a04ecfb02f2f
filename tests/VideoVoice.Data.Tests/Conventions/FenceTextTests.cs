using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>
/// The rule of the fence stands in each statement that has one, so that each is whole in its file. Here it is one rule: the text is the same, but for the
/// branch of a repeat, which each statement recognizes by its own columns, and for the retry of a failure.
/// </summary>
public sealed partial class FenceTextTests
{
    private static readonly string[] s_forMany = ["voices/complete_voices", "voices/heartbeat_voices", "voices/release_voices"];
    private static readonly string[] s_forOne = ["voices/complete_voice_processing", "voices/fail_voice_processing"];

    [Test]
    public void The_rule_for_many_is_the_same_text() => Assert.That(s_forMany.Select(Rule), Is.All.EqualTo(Rule(s_forMany[0])).And.All.Contain("then 'lease_lost'"));

    [Test]
    public void The_rule_for_one_is_the_same_text() => Assert.That(s_forOne.Select(Rule), Is.All.EqualTo(Rule(s_forOne[0])).And.All.Contain("then 'lease_lost'"));

    [Test]
    public void No_other_statement_has_a_fence() =>
        Assert.That(Statements.Names.Where(name => Statements.Get(name).Contains("'lease_lost'", StringComparison.Ordinal)), Is.EquivalentTo(s_forMany.Concat(s_forOne)));

    private static string Rule(string statement)
    {
        var rule = RulePattern().Match(Statements.Get(statement)).Groups[1].Value;
        var branches = BranchPattern().Split(RetryPattern().Replace(rule, "'applied'")).Where(branch => !branch.Contains("'repeated'", StringComparison.Ordinal));
        return string.Join('\n', branches.Select(branch => SpacePattern().Replace(branch.Trim(), " ")));
    }

    [GeneratedRegex(@"(?s)\n +case\n(.*?)\n +end as outcome")]
    private static partial Regex RulePattern();

    [GeneratedRegex(@"\n +(?=when |else )")]
    private static partial Regex BranchPattern();

    [GeneratedRegex(@"case when (?:(?!\bend\b).)* else 'applied' end")]
    private static partial Regex RetryPattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex SpacePattern();
}
