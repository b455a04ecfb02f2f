using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Rivals;

/// <summary>A queue in another language: the program Peers/run fills, times and answers with one line of JSON.</summary>
internal static class Peer
{
    /// <summary>The program's answer when a component is missing.</summary>
    private const int NotInstalled = 3;

    internal static ConcurrentDictionary<string, string> Versions { get; } = new();

    /// <param name="name">In the table.</param>
    /// <param name="peer">The program.</param>
    /// <param name="work">What it does.</param>
    /// <param name="clients">How many at once.</param>
    /// <param name="count">Jobs that are there.</param>
    /// <param name="withCost">Whether the round also has the server's time and log a job.</param>
    internal static Contender Contender(string name, string peer, string work, int clients, int count, bool withCost = false) => new(name, async database =>
    {
        var options = database.Options;
        var program = Path.Combine(typeof(Peer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Peers").Value!, "run");
        if (!File.Exists(program))
            throw new NotInstalledException($"{Path.GetFileName(program)} is not in the folder Peers.");

        Task<(int ExitCode, string Output, string Error)> StartAsync() => ProcessOutput.RunAsync(
            program,
            [],
            peer,
            work,
            "--connection",
            database.Uri,
            "--clients",
            $"{clients}",
            "--seconds",
            options.Time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            "--count",
            $"{options.Rows(count, 200)}");

        var sampler = withCost ? new CostSampler(database) : null;
        await using var sampling = sampler;
        var (code, output, error) = await StartAsync();
        if (code is not 0 and not NotInstalled)
        {
            // A flaw of a peer, such as a write after its own end, does not void the round of all the others.
            Console.Error.WriteLine($"{peer} {work} ended with {code} and is run again: {error.Trim()}");
            (code, output, error) = await StartAsync();
        }

        if (code == NotInstalled)
            throw new NotInstalledException(error.Trim());
        if (code != 0)
            throw new InvalidOperationException($"{peer} {work} ended with {code}: {error}");

        var line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Last(l => l.StartsWith('{'));
        var answer = JsonDocument.Parse(line).RootElement;
        var operations = answer.GetProperty("operations").GetDouble();
        if (operations <= 0)
            throw new InvalidOperationException($"{peer} {work} did nothing: {line}");
        if (answer.TryGetProperty("version", out var version))
            Versions[peer] = version.ToString();
        var seconds = answer.GetProperty("seconds").GetDouble();
        if (sampler is null)
            return [operations / seconds];

        var ended = DateTimeOffset.FromUnixTimeMilliseconds(answer.GetProperty("ended").GetInt64());
        return [operations / seconds, .. (await sampler.BetweenAsync(ended.AddSeconds(-seconds), ended)).Of(operations)];
    })
    {
        // The Python services share this library's schema; the others bring their own.
        Template = peer == "database_utils" ? Templates.Current : Templates.Empty,
    };
}
