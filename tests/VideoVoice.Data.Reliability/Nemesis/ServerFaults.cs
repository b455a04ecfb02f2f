using Dapper;
using Npgsql;
using VideoVoice.Data.Reliability.Running;

namespace VideoVoice.Data.Reliability.Nemesis;

/// <summary>What happens to the server and its sessions.</summary>
internal static class ServerFaults
{
    internal const string FillDisk = "fill-disk";

    internal static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-server", true, KillAsync),
        new("terminate-one", true, (cluster, random) => TerminateAsync(cluster, random, "where pid in (select pid from others order by pid offset @skip limit 1)")),
        new("terminate-all", true, (cluster, random) => TerminateAsync(cluster, random, "")),
        new("terminate-listeners", true, (cluster, random) => TerminateAsync(cluster, random, "where query ilike 'listen%'")),
        new("statement-timeout", true, (cluster, random) => SetAsync(cluster, random, "statement_timeout", $"{random.Next(1, 5)}ms")),
        new("lock-timeout", true, LockTimeoutAsync),
        new("read-only", true, (cluster, random) => SetAsync(cluster, random, "default_transaction_read_only", "on")),
        new("exhaust-server", true, ExhaustAsync),
        new("exhaust-pool", true, ExhaustPoolAsync),
        new(FillDisk, true, FillDiskAsync),
    ];

    private static async Task KillAsync(Cluster cluster, Random random)
    {
        await cluster.Server.KillAsync();
        await Task.Delay(Fault.Milliseconds(random, 0, 500));
        await cluster.Server.EnsureRunningAsync();
    }

    private static async Task TerminateAsync(Cluster cluster, Random random, string which)
    {
        await using var connection = await cluster.Server.ConnectAsync();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            await connection.ExecuteAsync(
                $"""
                with others as materialized (
                    select pid, query
                    from pg_stat_activity
                    where datname = current_database()
                        and application_name <> 'nemesis'
                )
                select pg_terminate_backend(pid) from others {which}
                """,
                new { skip = random.Next(20) });
            await Task.Delay(Fault.Milliseconds(random, 10, 300));
        }
    }

    /// <summary>Sets it for all sessions that there are, and back.</summary>
    private static async Task SetAsync(Cluster cluster, Random random, string name, string value, Func<Task>? meanwhile = null)
    {
        await ExecuteAsync(cluster, $"alter system set {name} = '{value}'");
        try
        {
            await Task.Delay(Fault.Milliseconds(random, 500, 2000));
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
        }
        finally
        {
            await ExecuteAsync(cluster, $"alter system reset {name}");
        }
    }

    private static async Task ExecuteAsync(Cluster cluster, string alter)
    {
        await cluster.Server.EnsureRunningAsync();
        await using var connection = await cluster.Server.ConnectAsync();
        await connection.ExecuteAsync(alter);
        await connection.ExecuteAsync("select pg_reload_conf()");
    }

    private static Task LockTimeoutAsync(Cluster cluster, Random random) => SetAsync(cluster, random, "lock_timeout", "20ms", async () =>
    {
        await using var connection = await cluster.Server.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // One of them: with a lock of both the fault itself would be in a deadlock with a statement that has them in the other order.
        await connection.ExecuteAsync(random.Next(2) == 0 ? "lock table videos in exclusive mode" : "lock table voices in exclusive mode", transaction: transaction);
        await Task.Delay(Fault.Milliseconds(random, 200, 1500));
    });

    /// <summary>Takes the connections that the server has left.</summary>
    private static async Task ExhaustAsync(Cluster cluster, Random random)
    {
        var taken = new List<NpgsqlConnection>();
        try
        {
            while (true)
                taken.Add(await cluster.Server.ConnectAsync());
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            await Task.Delay(Fault.Milliseconds(random, 500, 2000));
        }
        finally
        {
            foreach (var connection in taken)
                await connection.DisposeAsync();
        }
    }

    /// <summary>Takes the connections of the generators' pool, for longer than a call waits for one.</summary>
    private static async Task ExhaustPoolAsync(Cluster cluster, Random random)
    {
        var taken = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < Cluster.PoolSize; i++)
                taken.Add(await cluster.Generators.OpenConnectionAsync());
            await Task.Delay(Fault.Milliseconds(random, 4500, 6500));
        }
        catch (NpgsqlException)
        {
            // Others hold some of them: the pool is exhausted all the same.
            await Task.Delay(Fault.Milliseconds(random, 4500, 6500));
        }
        finally
        {
            foreach (var connection in taken)
                await connection.DisposeAsync();
        }
    }

    private static async Task FillDiskAsync(Cluster cluster, Random random)
    {
        var ballast = cluster.Server.FillDisk();
        await Task.Delay(Fault.Milliseconds(random, 500, 2000));
        File.Delete(ballast);
        // It may have ended, as it does when its write-ahead log cannot grow.
        await cluster.Server.EnsureRunningAsync();
    }
}
