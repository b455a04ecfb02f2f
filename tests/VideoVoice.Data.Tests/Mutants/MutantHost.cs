using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Mutants;

/// <summary>
/// Says which classes of tests there are, then runs tests in this process for one mutant after the other, each named in a line of standard input, and answers each
/// with a line. What takes time at the start of a test run is done once.
/// </summary>
internal static class MutantHost
{
    /// <summary>
    /// The number of a rewritten place or the text of a statement, and the tests to run, classes or single ones. With <paramref name="Reach"/>, one class, whose tests
    /// run one after the other so that each can be told what it reaches.
    /// </summary>
    private sealed record Order(string? Number, string? Statement, string? Text, string[] Tests, bool Reach);

    internal static int Run()
    {
        var output = Console.Out;
        Console.SetOut(TextWriter.Null);
        var runner = Load(new() { ["StopOnError"] = true });
        // Events that are queued would tell of a test when it is over.
        var single = Load(new() { ["NumberOfTestWorkers"] = 0, ["SynchronousEvents"] = true });
        // The template is that of the unchanged library.
        PostgresServer.IsKept = true;
        PrepareAsync().GetAwaiter().GetResult();
        output.WriteLine(JsonSerializer.Serialize(ClassesOf(runner.ExploreTests(TestFilter.Empty)).Distinct()));
        output.Flush();
        while (Console.In.ReadLine() is { } line)
        {
            var order = JsonSerializer.Deserialize<Order>(line)!;
            Activate(order.Number, order.Statement, order.Text, null);
            var filter = TestFilter.FromXml(new XElement("filter", new XElement("or", order.Tests.Select(t => new XElement("test", t)))).ToString());
            var reach = order.Reach ? new ReachListener(order.Tests[0], folder => Activate(null, null, null, folder)) : null;
            var result = reach is null ? runner.Run(TestListener.NULL, filter) : single.Run(reach, filter);
            output.WriteLine(JsonSerializer.Serialize(new { Tests = result.TotalCount, Failed = FirstFailed(result), Reached = reach?.Take() }));
            output.Flush();
        }

        return 0;
    }

    private static async Task PrepareAsync()
    {
        var database = await TestDatabase.TakeAsync(await PostgresServer.GetAsync());
        await database.ReturnAsync(reusable: false);
    }

    private static NUnitTestAssemblyRunner Load(Dictionary<string, object> settings)
    {
        var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
        runner.Load(Assembly.GetExecutingAssembly(), settings);
        return runner;
    }

    private static void Activate(string? number, string? statement, string? text, string? seen)
    {
        // For the processes that tests start.
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT", number);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_STATEMENT", statement);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_TEXT", text);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_SEEN", seen);
        var library = typeof(Statements).Assembly;
        (library.GetType("VideoVoice.Data.Mutations.Active")?.GetMethod("Read", BindingFlags.Static | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException("The library was not built with mutants.")).Invoke(null, null);
        // Joined texts of the mutant before.
        ((IDictionary)typeof(Statements).GetField("s_joined", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!).Clear();
    }

    private static IEnumerable<string> ClassesOf(ITest test) => test.IsSuite ? test.Tests.SelectMany(ClassesOf) : [test.ClassName!];

    private static string? FirstFailed(ITestResult result) =>
        result.HasChildren
            ? result.Children.Select(FirstFailed).FirstOrDefault(name => name is not null)
                ?? (result.ResultState.Site is FailureSite.SetUp or FailureSite.TearDown && result.ResultState.Status == TestStatus.Failed ? result.FullName : null)
            : result.ResultState.Status == TestStatus.Failed ? result.FullName : null;
}
