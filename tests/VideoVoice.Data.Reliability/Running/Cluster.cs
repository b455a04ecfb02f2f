using Npgsql;
using VideoVoice.Data.Reliability.Checking;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>All that takes part in a run and that a fault can reach: the server, the ways to it, the worker processes and the generators' pool.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private Cluster(Server server, string folder)
    {
        (Server, Folder) = (server, folder);
        Proxy = new TcpProxy("127.0.0.1", server.Port);
        Generators = NpgsqlDataSource.Create(ThroughProxy("generator"));
        Workers = [];
    }

    internal Server Server { get; }

    /// <summary>Between the server and the generators, and every second worker.</summary>
    internal TcpProxy Proxy { get; }

    /// <summary>Of each process behind the proxy.</summary>
    internal const int PoolSize = 20;

    /// <summary>The pool of the generators and waiters.</summary>
    internal NpgsqlDataSource Generators { get; }

    internal List<WorkerSlot> Workers { get; }

    /// <summary>Of the workers' histories.</summary>
    internal string Folder { get; }

    internal static async Task<Cluster> StartAsync(int workers, int? diskMegabytes)
    {
        var server = await Server.StartAsync(diskMegabytes);
        await using (var dataSource = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await new SchemaInitializer(dataSource).InitializeAsync();
            await AuditTrail.InstallAsync(dataSource);
        }

        var cluster = new Cluster(server, Directory.CreateTempSubdirectory("videovoice-history-").FullName);
        for (var i = 0; i < workers; i++)
            cluster.Workers.Add(new WorkerSlot(cluster, i));
        return cluster;
    }

    /// <summary>Where a worker finds the database: every second one through the proxy.</summary>
    internal string ConnectionStringOf(int worker) => worker % 2 == 0
        ? new NpgsqlConnectionStringBuilder(Server.ConnectionString) { CommandTimeout = 5, Timeout = 5, CancellationTimeout = 500 }.ConnectionString
        : ThroughProxy(null);

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in Workers)
            worker.Dispose();
        await Generators.DisposeAsync();
        await Proxy.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private string ThroughProxy(string? name) => new NpgsqlConnectionStringBuilder(Server.ConnectionString)
    {
        Host = "127.0.0.1",
        Port = Proxy.Port,
        ApplicationName = name,
        MaxPoolSize = PoolSize,
        // A silent connection is noticed within seconds, so that a run sees what follows.
        CommandTimeout = 5,
        Timeout = 5,
        CancellationTimeout = 500,
    }.ConnectionString;
}
