using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>sql/functions.sql repeats the library's statements; VIDEOVOICE_UPDATE_GOLDEN=1 makes this test write them there.</summary>
public sealed partial class FunctionTextTests
{
    private const string Functions = "sql/functions.sql";

    [Test]
    public void The_functions_run_the_statements_of_the_library()
    {
        var text = Repository.Read(Functions);
        var copied = string.Concat(FunctionPattern().Split(text).Select(Copied));
        if (Environment.GetEnvironmentVariable("VIDEOVOICE_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Repository.PathOf(Functions), copied);

        Assert.That(copied, Is.EqualTo(text), "When a statement was changed on purpose, run this test with VIDEOVOICE_UPDATE_GOLDEN=1.");
    }

    [Test]
    public void Each_fenced_write_and_the_claim_have_a_function()
    {
        var copies = CopyPattern().Matches(Repository.Read(Functions)).Select(copy => copy.Groups["name"].Value).ToHashSet();

        Assert.That(copies, Is.SupersetOf(Statements.Names.Where(name => name.StartsWith("voices/", StringComparison.Ordinal) && Statements.Get(name).Contains("@attempts", StringComparison.Ordinal)).Append("voices/claim_voices")));
    }

    private static string Copied(string function)
    {
        var label = LabelPattern().Match(function).Groups[1].Value;
        return CopyPattern().Replace(function, copy =>
        {
            var statement = HeadPattern().Replace(Statements.Get(copy.Groups["name"].Value), "");
            // In parentheses it is a part of another statement, and has no end of its own.
            if (copy.Groups["next"].Value == ")")
                statement = statement.TrimEnd().TrimEnd(';') + '\n';
            var body = ParameterPattern().Replace(statement, parameter => $"{label}.{CapitalPattern().Replace(parameter.Groups[1].Value, "_$0").ToLowerInvariant()}");
            var indent = copy.Groups["indent"].Value;
            return $"{copy.Groups["begin"].Value}{LinePattern().Replace(body, indent)}{copy.Groups["end"].Value}";
        });
    }

    // Before each function, so that each part has one.
    [GeneratedRegex("(?m)(?=^create or replace function )")]
    private static partial Regex FunctionPattern();

    [GeneratedRegex(@"^create or replace function (\w+)")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"(?ms)(?<begin>^(?<indent> +)-- (?<name>\w+/\w+)\.sql\n).*?(?<end>^\k<indent>-- end\n\s*(?=(?<next>\S)))")]
    private static partial Regex CopyPattern();

    // What the statement's file says of it stands there.
    [GeneratedRegex(@"\A(--.*\n)+")]
    private static partial Regex HeadPattern();

    [GeneratedRegex(@"(?<![@\w])@(\w+)")]
    private static partial Regex ParameterPattern();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex CapitalPattern();

    [GeneratedRegex(@"(?m)^(?=.)")]
    private static partial Regex LinePattern();
}
