using System.Diagnostics;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>Repeats an operation on several clients for a time.</summary>
internal static class Round
{
    /// <summary>More than the executions after which Npgsql prepares a statement by itself.</summary>
    private const int WarmUp = 8;

    /// <summary>What came of it.</summary>
    /// <param name="Operations">Within the time.</param>
    /// <param name="Total">With those of the warm-up: so many rows must be found afterwards.</param>
    /// <param name="Seconds">From the common start to the end of the last operation.</param>
    /// <param name="Bytes">Allocated by all threads of this process in the time, an operation.</param>
    /// <param name="Microseconds">Processor time of this process in the time, an operation.</param>
    internal sealed record Tally(long Operations, long Total, double Seconds, double Bytes, double Microseconds)
    {
        internal double PerSecond => Operations / Seconds;

        internal double[] Figures => [PerSecond, Bytes, Microseconds];
    }

    /// <summary>Runs the operation, given its client's number, on each client again and again.</summary>
    internal static async Task<Tally> RunAsync(int clients, TimeSpan time, Func<int, Task> operation)
    {
        // Long enough for connections that are opened beside those of the clients, and for their statements to be prepared.
        var warmUp = await RepeatAsync(clients, time / 5, WarmUp, operation);

        using var process = Process.GetCurrentProcess();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var processor = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var operations = await RepeatAsync(clients, time, 1, operation);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        process.Refresh();
        processor = process.TotalProcessorTime - processor;
        return new Tally(operations, operations + warmUp, seconds, (double)bytes / operations, processor.TotalMicroseconds / operations);
    }

    private static async Task<long> RepeatAsync(int clients, TimeSpan time, int least, Func<int, Task> operation)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            long count = 0;
            for (; count < least || Stopwatch.GetElapsedTime(started) < time; count++)
                await operation(client);
            return count;
        })));
        return counts.Sum();
    }

    /// <summary>The value below which the share of the values lies.</summary>
    internal static double Percentile(IReadOnlyCollection<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    internal static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
