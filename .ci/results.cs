// Reads the trx files of a test run, prints what failed and what was skipped, and ends with "Counted: N passed, N failed".
// Usage: dotnet run .ci/results.cs -- RESULTS_FOLDER ALLOWED_SKIPS_FILE TEST_ASSEMBLY…
// Exit code 0 only when every test assembly ran to its end, nothing failed and every skip is allowed.
#:property PublishAot=false
using System.Xml.Linq;

XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
var (folder, allowedSkipsFile, assemblies) = (args[0], args[1], args[2..]);
var complaints = new List<string>();

var allowedSkips = File.ReadLines(allowedSkipsFile)
    .Where(line => line.Length > 0 && line[0] != '#')
    .Select(line => line.Split(" | ", 2))
    .ToDictionary(parts => parts[0], parts => parts[1]);

var runs = Directory.EnumerateFiles(folder, "*.trx", SearchOption.AllDirectories).Order().Select(Read).ToList();
complaints.AddRange(runs.Where(run => run.Outcome != "Completed").Select(run => $"{run.File} ended as {run.Outcome}, not as Completed"));
foreach (var assembly in assemblies)
{
    var own = runs.Where(run => run.Assemblies.SequenceEqual([assembly], StringComparer.OrdinalIgnoreCase)).ToList();
    if (own.Count != 1)
        complaints.Add($"{assembly} has {own.Count} trx files with results, not one");
    else if (own[0].Tests.All(test => test.Outcome == "NotExecuted"))
        complaints.Add($"{assembly} ran no test");
}

if (runs.Count != assemblies.Length)
    complaints.Add($"{runs.Count} trx files for {assemblies.Length} test projects");

var tests = runs.SelectMany(run => run.Tests).ToList();
var passed = tests.Count(test => test.Outcome == "Passed");
var skipped = tests.Where(test => test.Outcome == "NotExecuted").ToList();
var failed = tests.Where(test => test.Outcome is not ("Passed" or "NotExecuted")).ToList();

foreach (var test in failed)
    Console.WriteLine($"{test.Outcome}: {test.Name}\n    {test.Message.ReplaceLineEndings("\n    ")}");
Console.WriteLine($"Skipped: {skipped.Count}");
foreach (var test in skipped)
{
    Console.WriteLine($"    {test.Name}: {test.Message}");
    if (!allowedSkips.TryGetValue(test.Name, out var reason) || !test.Message.StartsWith(reason, StringComparison.Ordinal))
        complaints.Add($"the skip of {test.Name} is not in {Path.GetFileName(allowedSkipsFile)} with this reason");
}

foreach (var complaint in complaints)
    Console.WriteLine($"GATE: {complaint}");
Console.WriteLine($"Counted: {passed} passed, {failed.Count} failed");
return failed.Count == 0 && complaints.Count == 0 ? 0 : 1;

Run Read(string file)
{
    var root = XDocument.Load(file).Root!;
    var definitions = root.Descendants(trx + "UnitTest").ToDictionary(test => (string)test.Attribute("id")!);

    // The counters in the summary leave skipped tests out, so each result is counted by itself.
    var tests = root.Descendants(trx + "UnitTestResult").Select(result => new Test(
        definitions[(string)result.Attribute("testId")!].Element(trx + "TestMethod")!.Attribute("className")!.Value + "." + (string)result.Attribute("testName")!,
        (string?)result.Attribute("outcome") ?? "no outcome",
        ((string?)result.Element(trx + "Output")?.Element(trx + "ErrorInfo")?.Element(trx + "Message") ?? "").Trim()));
    return new Run(
        Path.GetFileName(file),
        (string?)root.Element(trx + "ResultSummary")?.Attribute("outcome") ?? "no summary",
        [.. definitions.Values.Select(test => Path.GetFileNameWithoutExtension((string)test.Attribute("storage")!)).Distinct()],
        [.. tests]);
}

internal sealed record Test(string Name, string Outcome, string Message);

internal sealed record Run(string File, string Outcome, string[] Assemblies, Test[] Tests);
