using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using VideoVoice.Data.Mutations;

const string Help = """
    Takes one guard after the other out of the statements and the sources, and says which of them no test misses. Exit code 0 when at least 95 of 100 mutants that
    are not named in equivalent.txt are killed.

      --only TEXT,…     mutants whose name (file | change) contains one of the texts
      --every N         each Nth of them
      --lanes N         test runs beside each other (2)
      --list            their names
      --output FILE     the survivors, a line each
      --reach FILE      what each test reaches, for the next run on the same commit: written when it is not there
    """;

var repository = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!;
var (only, every, lanes, list, outputFile, reachFile) = ("", 1, 2, false, (string?)null, (string?)null);
for (var i = 0; i < args.Length; i++)
{
    string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} needs a value.");
    switch (args[i])
    {
        case "--only": only = Value(); break;
        case "--every": every = int.Parse(Value(), CultureInfo.InvariantCulture); break;
        case "--lanes": lanes = int.Parse(Value(), CultureInfo.InvariantCulture); break;
        case "--output": outputFile = Value(); break;
        case "--reach": reachFile = Value(); break;
        case "--list": list = true; break;
        default:
            Console.WriteLine(Help);
            return args[i] is "--help" or "-h" ? 0 : 2;
    }
}

await using var workshop = new Workshop();
await workshop.BuildAsync(repository);
var equivalent = File.ReadLines(Path.Combine(repository, "tests/VideoVoice.Data.Mutations/equivalent.txt"))
    .Where(line => line.Length > 0 && line[0] != '#')
    .Select(line => line[..line.LastIndexOf(" => ", StringComparison.Ordinal)])
    .ToHashSet(StringComparer.Ordinal);
foreach (var unknown in equivalent.Except(workshop.Mutants.Select(m => m.Name)))
    Console.WriteLine($"UNKNOWN in equivalent.txt: {unknown}");
var chosen = workshop.Mutants.Where(m => only.Split(',').Any(text => m.Name.Contains(text, StringComparison.Ordinal)) && !equivalent.Contains(m.Name)).Where((_, i) => i % every == 0).ToList();
if (list)
{
    chosen.ForEach(m => Console.WriteLine(m.Name));
    return 0;
}

var hosts = new ConcurrentBag<TestHost>();
for (var i = 0; i < lanes; i++)
{
    var host = workshop.OpenHost();
    await host.StartAsync();
    hosts.Add(host);
}

var parallel = new ParallelOptions { MaxDegreeOfParallelism = lanes };
// By class and test. One that fails as it is, twice, would kill everything.
var reached = reachFile is not null && File.Exists(reachFile)
    ? JsonSerializer.Deserialize<ConcurrentDictionary<string, IReadOnlyDictionary<string, string[]>>>(await File.ReadAllTextAsync(reachFile))!
    : [];
var classes = hosts.First().Classes.Where(c => Tests.AreMet(c) && !reached.ContainsKey(c)).ToList();
await Parallel.ForEachAsync(classes, parallel, async (testClass, _) =>
{
    hosts.TryTake(out var host);
    var answer = await host!.ReachAsync(testClass);
    if (answer.Failed is not null)
        answer = await host.ReachAsync(testClass);
    hosts.Add(host);
    if (answer.Failed is null)
        reached[testClass] = answer.Reached;
    else
        Console.WriteLine($"Left out, because it fails without a mutant: {testClass} by {answer.Failed}");
});
if (reachFile is not null)
    await File.WriteAllTextAsync(reachFile, JsonSerializer.Serialize(reached));
Console.WriteLine($"{chosen.Count} mutants, {reached.Count} classes of tests");

var survivors = new List<Mutant>();
// What has killed a mutant of a file will kill the next one, too, as a rule.
var killers = chosen.Select(m => m.File).Distinct().ToDictionary(file => file, _ => new HashSet<string>());
var done = 0;
await Parallel.ForEachAsync(chosen, parallel, async (mutant, _) =>
{
    hosts.TryTake(out var host);
    var tests = Tests.Of(mutant, reached);
    string[] probable;
    lock (survivors)
        probable = [.. tests.SelectMany(t => t).Where(killers[mutant.File].Contains)];
    var killer = await host!.TestAsync(mutant, [probable, .. tests.Select(t => t.Except(probable).ToArray())]);
    hosts.Add(host);
    lock (survivors)
    {
        done++;
        if (killer is not null)
            killers[mutant.File].Add(killer);
        else
            survivors.Add(mutant);
        Console.WriteLine($"{done}/{chosen.Count} {(killer is null ? "SURVIVED" : "killed")} {mutant.Name}{(killer is not null ? $" by {killer}" : Array.TrueForAll(tests, t => t.Length == 0) ? ", which no test reaches" : "")}");
    }
});
foreach (var host in hosts)
    host.Dispose();
if (outputFile is not null)
    await File.WriteAllLinesAsync(outputFile, survivors.Select(m => m.Name).Order(StringComparer.Ordinal));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{chosen.Count - survivors.Count} of {chosen.Count} killed; {equivalent.Count} are equivalent"));
return survivors.Count * 20 <= chosen.Count ? 0 : 1;
