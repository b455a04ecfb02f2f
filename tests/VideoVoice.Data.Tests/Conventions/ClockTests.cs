using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>Time comes from the server: the clocks of services may be wrong. That no source reads them is the build's to refuse (<c>BannedSymbols.txt</c>).</summary>
public sealed partial class ClockTests
{
    /// <summary>A time of a page's last row, as the server gave it.</summary>
    private static readonly string[] s_fromTheServer = ["afterCreatedAt"];

    [Test]
    public void No_statement_takes_a_time_of_the_client()
    {
        foreach (var name in Statements.Names)
        {
            var parameters = ParameterPattern().Matches(Statements.Get(name)).Select(m => m.Groups[1].Value).Distinct().Except(s_fromTheServer);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(parameters, Has.None.Match("(?i)(At|Time|Now|Date|Until|Since)$"), name);
                Assert.That(Statements.Get(name), Does.Not.Match(@"@(?!afterCreatedAt)\w+::(timestamp|date|time)"), name);
            }
        }
    }

    [GeneratedRegex(@"(?<![@\w])@(\w+)")]
    private static partial Regex ParameterPattern();
}
