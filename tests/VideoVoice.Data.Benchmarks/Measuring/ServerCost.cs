using System.Globalization;
using Npgsql;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Measuring;

/// <summary>
/// What the server has spent on a database: processor time of the processes that serve its connections, from /proc, and bytes of write-ahead log. Both stay
/// still on a noisy machine, where throughput does not. What autovacuum and the checkpointer do meanwhile is not in it.
/// </summary>
/// <param name="Microseconds">Processor time of the connections that are open.</param>
/// <param name="WalBytes">Written to the log.</param>
internal readonly record struct ServerCost(double Microseconds, double WalBytes)
{
    public static ServerCost operator -(ServerCost later, ServerCost earlier) => new(later.Microseconds - earlier.Microseconds, later.WalBytes - earlier.WalBytes);

    /// <summary>For each of so many operations.</summary>
    internal double[] Of(double operations) => [Microseconds / operations, WalBytes / operations];

    internal static Task<ServerCost> ReadAsync(TestDatabase database) => ReadAsync(database, []);

    /// <param name="database">Whose connections.</param>
    /// <param name="known">What each process had spent when it was last read: one that has ended still counts.</param>
    internal static async Task<ServerCost> ReadAsync(TestDatabase database, Dictionary<string, double> known)
    {
        var wal = await database.ScalarAsync<double>("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8");
        var postmaster = await database.PostmasterAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        foreach (var child in File.ReadAllText($"/proc/{postmaster}/task/{postmaster}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                // The title of a process that serves a connection: postgres: user database host(port) what it does.
                if (File.ReadAllText($"/proc/{child}/cmdline").Contains($" {name} ", StringComparison.Ordinal))
                    known[child] = double.Parse(File.ReadAllText($"/proc/{child}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1_000;
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return new ServerCost(known.Values.Sum(), wal);
    }

    /// <summary>The parent of a process of the server.</summary>
    internal static int ParentOf(int process)
    {
        try
        {
            // Behind the name, which may hold spaces.
            if (File.ReadAllText($"/proc/{process}/comm").StartsWith("postgres", StringComparison.Ordinal) && File.ReadAllText($"/proc/{process}/stat") is var stat)
                return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // Reported below.
        }

        throw new NotInstalledException("The processor time of the server is read from /proc, so it must run on this machine, on Linux.");
    }
}
