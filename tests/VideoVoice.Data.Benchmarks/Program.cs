using System.Globalization;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Micro;
using VideoVoice.Data.Benchmarks.Report;
using VideoVoice.Data.Benchmarks.Setting;
using VideoVoice.Data.Benchmarks.Work;

var options = new RunOptions();
const string Help = """
    Measures VideoVoice.Data against what it could be and against others, on one server.

      --short           one small round of each: whether it works, not how fast it is
      --only NAME       the benchmarks whose name contains NAME
      --list            their names
      --ten-million     the methods at 10,000,000 requests, too (20 GB of disk, an hour)
      --micro           what single calls allocate (BenchmarkDotNet)
      --rounds N        rounds that count (5)
      --seconds S       of a timed round (2)
      --output FILE     writes the table as Markdown, and plots into a folder of the same name

    A server is started in a folder for temporary files, with fsync on, unless VIDEOVOICE_TEST_CONNECTION names one.
    """;

Benchmark[] All() =>
[
    .. ManagerCalls.All, .. Cycles.All, Costs.Row, CreateMany.Row, Notifying.Row, Draining.Row, Growing.Row, Latency.Row, Waiting.Row, Waking.Row, .. Standing.All,
    // Last, and together: they need a template of a million rows.
    .. Growth.All, Methods.Row(options),
];

var micro = false;
for (var i = 0; i < args.Length; i++)
{
    string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} needs a value.");
    switch (args[i])
    {
        case "--short": options = options with { Short = true }; break;
        case "--only": options = options with { Only = Value() }; break;
        case "--rounds": options = options with { Rounds = int.Parse(Value(), CultureInfo.InvariantCulture) }; break;
        case "--seconds": options = options with { Seconds = double.Parse(Value(), CultureInfo.InvariantCulture) }; break;
        case "--output": options = options with { Output = Value() }; break;
        case "--ten-million": options = options with { TenMillion = true }; break;
        case "--micro": micro = true; break;
        case "--list":
            foreach (var benchmark in All())
                Console.WriteLine($"{benchmark.Name,-16} {benchmark.Title}");
            return 0;
        default:
            Console.WriteLine(Help);
            return args[i] is "--help" or "-h" ? 0 : 2;
    }
}

var chosen = All().Where(b => options.Only is null || b.Name.Contains(options.Only, StringComparison.Ordinal)).ToArray();
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"No benchmark's name contains {options.Only}; --list shows them.");
    return 2;
}

await using var arena = await Arena.StartAsync(options);
if (micro)
{
    await Allocation.RunAsync(arena);
    return 0;
}

var machine = await Machine.ReadAsync(arena);
Console.WriteLine(machine.Line);
var started = DateTimeOffset.UtcNow;
var results = new List<Result>();
var broken = 0;
foreach (var benchmark in chosen)
{
    try
    {
        results.Add(await new Table(arena).RunAsync(benchmark));
    }
    catch (BrokenException e)
    {
        broken++;
        Console.Error.WriteLine($"BROKEN {e.Message}");
    }
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Count} benchmarks in {(DateTimeOffset.UtcNow - started).TotalSeconds:0} s"));
if (options.Output is { } output)
    await Markdown.WriteAsync(output, results, machine, started, options);
return broken == 0 ? 0 : 1;
