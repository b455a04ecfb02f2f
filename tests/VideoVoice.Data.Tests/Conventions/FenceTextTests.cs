using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>The fence stands in each statement that has one, so that each is whole in its file, and it is the same text. Why one was refused stands in one file.</summary>
public sealed partial class FenceTextTests
{
    private static readonly string[] s_fenced = ["voices/complete_voices", "voices/fail_voice_processing", "voices/heartbeat_voices", "voices/release_voices"];

    [Test]
    public void The_fence_is_the_same_text_everywhere() => Assert.That(s_fenced.Select(Fence), Is.All.EqualTo(Fence(s_fenced[0])).And.All.Contain("v.attempt ="));

    [Test]
    public void No_other_statement_has_a_fence() =>
        Assert.That(Statements.Names.Where(name => Statements.Get(name).Contains("@attempts", StringComparison.Ordinal)), Is.EquivalentTo(s_fenced.Append("queue/list_outcomes")));

    /// <summary>The functions repeat it; FunctionTextTests compares them.</summary>
    [Test]
    public void One_statement_says_why_a_fence_was_refused() =>
        Assert.That(Statements.Names.Where(name => name != "functions" && Statements.Get(name).Contains("'lease_lost'", StringComparison.Ordinal)), Is.EqualTo(new[] { "queue/list_outcomes" }));

    /// <summary>A claim with loaded voices chooses otherwise; what it writes and returns is the same.</summary>
    [Test]
    public void Both_claims_write_and_return_the_same() => Assert.That(Claimed("queue/claim_loaded_voices"), Is.EqualTo(Claimed("voices/claim_voices")).And.Contain("lease_expires_at ="));

    private static string Claimed(string statement) => ChosenPattern().Replace(Statements.Get(statement).Split("claimed as (")[1], "from chosen\n");

    private static string Fence(string statement) => SpacePattern().Replace(FencePattern().Match(Statements.Get(statement)).Value, " ");

    [GeneratedRegex(@"(?s)v\.id = f\.id\n.*?'processing' and 'processing'")]
    private static partial Regex FencePattern();

    [GeneratedRegex(@"from (\(.*\) )?chosen\n")]
    private static partial Regex ChosenPattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex SpacePattern();
}
