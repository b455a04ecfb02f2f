using System.Collections.Concurrent;
using NUnit.Framework;
using NUnit.Framework.Interfaces;

namespace VideoVoice.Data.Tests.Hangs;

/// <summary>
/// Ends the run with the name of a test that takes longer than six minutes, its set-up and tear-down included. NUnit cannot end it alone: its time-outs cancel a token,
/// and what hangs heeds none.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class HangLimitAttribute : Attribute, ITestAction
{
    internal const string Variable = "VIDEOVOICE_HANG_LIMIT_SECONDS";

    private static readonly ConcurrentDictionary<string, Timer> s_running = new();

    public ActionTargets Targets => ActionTargets.Test;

    private static TimeSpan Limit => double.TryParse(Environment.GetEnvironmentVariable(Variable), out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMinutes(6);

    public void BeforeTest(ITest test)
    {
        var name = test.FullName;
        s_running[test.Id] = new Timer(_ => Environment.FailFast($"The test {name} hangs: it has run for {Limit}."), null, Limit, Timeout.InfiniteTimeSpan);
    }

    public void AfterTest(ITest test)
    {
        if (s_running.TryRemove(test.Id, out var timer))
            timer.Dispose();
    }
}
