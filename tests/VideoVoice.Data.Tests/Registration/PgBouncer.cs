using System.Diagnostics;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>A pgbouncer in transaction mode in front of the tests' server, on a free port. Disposing ends it and removes its folder.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private static readonly string[] s_programs = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

    private readonly Process _process;
    private readonly string _folder;

    private PgBouncer(Process process, string folder, string connectionString)
    {
        _process = process;
        _folder = folder;
        ConnectionString = connectionString;
    }

    /// <summary>To the same database, through pgbouncer.</summary>
    internal string ConnectionString { get; }

    internal static async Task<PgBouncer> StartAsync(string connectionString, CancellationToken cancellationToken, string setting = "")
    {
        var program = s_programs.FirstOrDefault(File.Exists);
        if (program is null)
            Assert.Ignore("pgbouncer is missing. Install it: apt-get install pgbouncer");

        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var port = ThrowawayServer.FreePort();
        var folder = Directory.CreateTempSubdirectory("videovoice-pgbouncer-").FullName;
        var file = Path.Combine(folder, "pgbouncer.ini");
        // A server that trusts its clients is named without one.
        var password = target.Password is { } text ? $" password='{text.Replace("'", "''", StringComparison.Ordinal)}'" : "";
        await File.WriteAllTextAsync(
            file,
            $"""
            [databases]
            {target.Database} = host={target.Host} port={target.Port} user={target.Username}{password}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 4
            max_client_conn = 100
            {setting}
            """,
            cancellationToken);

        // It refuses to run as root, and the file holds a password: the user that it runs as gets the folder.
        var user = ServerUser.Find();
        if (user is not null)
        {
            using var chown = Process.Start("chown", ["-R", user, folder]);
            await chown.WaitForExitAsync(cancellationToken);
        }

        var start = new ProcessStartInfo(program!, ["-q", file]) { WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true };
        if (user is not null)
            start.UserName = user;

        var process = Process.Start(start)!;
        var through = new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port, MaxPoolSize = 20 }.ConnectionString;
        var bouncer = new PgBouncer(process, folder, through);
        await bouncer.AnswersAsync(cancellationToken);
        return bouncer;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AnswersAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(10, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                if (!_process.HasExited)
                    _process.Kill();

                throw new InvalidOperationException($"pgbouncer does not answer: {await _process.StandardError.ReadToEndAsync(cancellationToken)}", e);
            }
        }
    }
}
