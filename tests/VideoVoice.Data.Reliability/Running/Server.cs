using System.Diagnostics;
using System.Globalization;
using Npgsql;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>A PostgreSQL that writes to disk as in production, which a fault may kill, and whose disk may be small enough to be filled.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly LocalPostgres _postgres;
    private readonly Disk? _disk;
    private readonly SemaphoreSlim _starting = new(1);

    private Server(LocalPostgres postgres, string connectionString, Disk? disk) => (_postgres, ConnectionString, _disk) = (postgres, connectionString, disk);

    /// <summary>Of the database of the run.</summary>
    internal string ConnectionString { get; }

    internal int Port => _postgres.Port;

    internal static async Task<Server> StartAsync(int? diskMegabytes)
    {
        var disk = diskMegabytes is { } megabytes ? Disk.Mount(megabytes) : null;
        try
        {
            var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions
            {
                UseExistingServer = false,
                Durable = true,
                Folder = disk?.Folder,
                StartTimeout = TimeSpan.FromMinutes(5),
                Settings = new Dictionary<string, string> { ["track_commit_timestamp"] = "on", ["max_connections"] = "120", ["max_wal_size"] = "256MB", ["min_wal_size"] = "32MB" },
            });
            return new Server(postgres, await postgres.CreateDatabaseAsync(), disk);
        }
        catch
        {
            disk?.Dispose();
            throw;
        }
    }

    internal async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Pooling = false,
            ApplicationName = "nemesis",
            Timeout = 5,
            CommandTimeout = 20,
            // What a fault sets for all sessions is not for this one.
            Options = "-c statement_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off",
        }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Kills the server and all of its backends as a crash of the machine would, but for what the system has buffered.</summary>
    internal async Task KillAsync()
    {
        if (ProcessId() is not { } id)
            return;

        await RunAsync("kill", "-9", id.ToString(CultureInfo.InvariantCulture));
        // Until the last backend has noticed: they hold the shared memory.
        while (Process.GetProcesses().Any(p => p.Id == id))
            await Task.Delay(10);
    }

    /// <summary>Starts the server if it does not run, and returns when it accepts connections.</summary>
    internal async Task EnsureRunningAsync()
    {
        await _starting.WaitAsync();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await using var connection = await ConnectAsync();
                    return;
                }
                catch (NpgsqlException e) when (attempt < 200)
                {
                    // Not every refusal means that it is down: it may be full, or recovering.
                    if (e is not PostgresException && ProcessId() is null)
                        await StartAgainAsync();
                    await Task.Delay(50);
                }
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    internal IEnumerable<string> ReadLog() => File.ReadLines(Path.Combine(_postgres.Folder!, "log"));

    /// <summary>Fills the server's disk, and returns the file that does.</summary>
    internal string FillDisk() => (_disk ?? throw new InvalidOperationException("The server has no disk of its own.")).Fill();

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _starting.Dispose();
        _disk?.Dispose();
    }

    private string Data => Path.Combine(_postgres.Folder!, "data");

    private int? ProcessId()
    {
        try
        {
            var id = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            using var process = Process.GetProcessById(id);
            return process.HasExited ? null : id;
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private async Task StartAgainAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        // Not captured: the server would keep the pipes open.
        await new Command(Path.Combine(_postgres.Binaries!, "pg_ctl"), "start", "-D", Data, "-l", Path.Combine(_postgres.Folder!, "log"), "-W", "-s")
        {
            User = ServerUser.Find(),
            WorkingFolder = _postgres.Folder,
            LeftToWatchdog = true,
        }.RunAsync(limit.Token);
    }

    internal static async Task RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        var result = await new Command(program, arguments).RunAsync(CancellationToken.None);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {result.Text}");
    }
}
