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
    /// The number of a rewritten place or the text of a statement, a folder for the names of the places that the tests reach, and the classes to run, as regular
    /// expressions.
    /// </summary>
    private sealed record Order(string? Number, string? Statement, string? Text, string? Seen, string[] Classes);

    internal static int Run()
    {
        var output = Console.Out;
        Console.SetOut(TextWriter.Null);
        var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
        runner.Load(Assembly.GetExecutingAssembly(), new Dictionary<string, object> { ["StopOnError"] = true });
        output.WriteLine(JsonSerializer.Serialize(ClassesOf(runner.ExploreTests(TestFilter.Empty)).Distinct()));
        output.Flush();
        while (Console.In.ReadLine() is { } line)
        {
            var order = JsonSerializer.Deserialize<Order>(line)!;
            Activate(order);
            var filter = new XElement("filter", new XElement("or", order.Classes.Select(c => new XElement("class", new XAttribute("re", "1"), c))));
            var result = runner.Run(TestListener.NULL, TestFilter.FromXml(filter.ToString()));
            output.WriteLine(JsonSerializer.Serialize(new { Tests = result.TotalCount, Failed = FirstFailed(result) }));
            output.Flush();
        }

        return 0;
    }

    private static void Activate(Order order)
    {
        // For the processes that tests start.
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT", order.Number);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_STATEMENT", order.Statement);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_TEXT", order.Text);
        Environment.SetEnvironmentVariable("VIDEOVOICE_MUTANT_SEEN", order.Seen);
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
