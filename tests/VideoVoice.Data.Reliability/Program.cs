using System.Globalization;
using VideoVoice.Data.Reliability.Limits;
using VideoVoice.Data.Reliability.Nemesis;
using VideoVoice.Data.Reliability.Running;
using VideoVoice.Data.Reliability.Workers;

const string Help = """
    Runs generators, waiters and worker processes against a server of its own while faults happen, and checks the history of what was called and of what the
    database did. Exit code 0 when no promise was broken.

      --requests N      to create in each run (20000)
      --seed N[,N...]   one run for each (1); the same seed gives the same faults and choices
      --fault NAME      only this one; repeated for more (all)
      --list            the names of the faults
      memory N          instead: the memory of a worker's process after each tenth of N requests
      idle S            instead: what an idle process sends in S seconds

    The fault fill-disk takes root on Linux, which may give the server a small disk in memory. Faked clocks take faketime.
    """;

if (args is ["worker", var kind, var connectionString, var file, var workerSeed])
{
    await WorkerProcess.RunAsync(kind, connectionString, file, workerSeed);
    return 0;
}

switch (args)
{
    case ["memory", var count]:
        return await Memory.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
    case ["idle", var seconds]:
        return await IdleCost.RunAsync(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
}

var requests = 20_000;
int[] seeds = [1];
var faults = new List<Fault>();
for (var i = 0; i < args.Length; i++)
{
    string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} needs a value.");
    switch (args[i])
    {
        case "--requests": requests = int.Parse(Value(), CultureInfo.InvariantCulture); break;
        case "--seed": seeds = [.. Value().Split(',').Select(seed => int.Parse(seed, CultureInfo.InvariantCulture))]; break;
        case "--fault":
            var name = Value();
            faults.Add(Fault.All.FirstOrDefault(f => f.Name == name) ?? throw new ArgumentException($"There is no fault named {name}; --list shows them."));
            break;
        case "--list":
            foreach (var fault in Fault.All)
                Console.WriteLine(fault.Name);
            return 0;
        default:
            Console.WriteLine(Help);
            return args[i] is "--help" or "-h" ? 0 : 2;
    }
}

var violations = 0;
foreach (var seed in seeds)
{
    var chosen = faults.Count > 0 ? faults : [.. Fault.All.Where(f => Disk.IsPossible || f.Name != ServerFaults.FillDisk)];
    // About 3 kB a request: its row and index entries, and the record of its changes, and the write-ahead log.
    var result = await new Run(
        new RunOptions { Requests = requests, Seed = seed, Faults = chosen, DiskMegabytes = Disk.IsPossible ? 600 + requests / 250 : null },
        Console.WriteLine).RunAsync();
    foreach (var violation in result.Violations.Take(100))
        Console.WriteLine($"VIOLATION {violation}");
    foreach (var (name, count) in result.Faults.OrderBy(f => f.Key, StringComparer.Ordinal))
        Console.WriteLine($"    {name,-20} {count,6}");
    Console.WriteLine(result.Line);
    violations += result.Violations.Count;
}

return violations == 0 ? 0 : 1;
