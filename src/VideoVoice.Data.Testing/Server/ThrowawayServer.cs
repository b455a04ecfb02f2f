using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using VideoVoice.Data.Testing.Binaries;

namespace VideoVoice.Data.Testing.Server;

/// <summary>A running server in a folder of its own. Disposing stops it and removes the folder.</summary>
internal sealed class ThrowawayServer : IAsyncDisposable
{
    private const int MaxPorts = 5;

    private readonly PostgresBinaries _binaries;
    private readonly LocalPostgresOptions _options;
    private readonly string? _user;
    private readonly ServerFolder _folder;
    private readonly Watchdog _watchdog;

    private ThrowawayServer(PostgresBinaries binaries, LocalPostgresOptions options, string? user, ServerFolder folder)
    {
        _binaries = binaries;
        _options = options;
        _user = user;
        _folder = folder;
        // Before the first program is run: whatever ends this process from here on leaves nothing.
        _watchdog = Watchdog.Start(folder);
    }

    internal int Port { get; private set; }

    internal int ProcessId { get; private set; }

    internal string Password { get; } = RandomNumberGenerator.GetHexString(32);

    internal string Folder => _folder.Path;

    /// <exception cref="LocalPostgresException">initdb or postgres failed, or the time limit has passed.</exception>
    internal static async Task<ThrowawayServer> StartAsync(PostgresBinaries binaries, LocalPostgresOptions options, CancellationToken cancellationToken)
    {
        await ServerFolder.SweepAsync(options).ConfigureAwait(false);
        var user = ServerUser.Find();
        var folder = await ServerFolder.CreateAsync(options, user, cancellationToken).ConfigureAwait(false);
        var server = new ThrowawayServer(binaries, options, user, folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.StartTimeout);
        try
        {
            await server.InitializeAsync(limit.Token).ConfigureAwait(false);
            await server.LaunchAsync(limit.Token).ConfigureAwait(false);
            return server;
        }
        catch (Exception exception)
        {
            var log = folder.Log;
            await server.DisposeAsync().ConfigureAwait(false);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new LocalPostgresException(
                    $"PostgreSQL {binaries.Version} in {binaries.Folder} did not start within {options.StartTimeout.TotalSeconds} s. {log}", exception);
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync() => await _watchdog.StopAsync().ConfigureAwait(false);

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_folder.PasswordPath, Password, cancellationToken).ConfigureAwait(false);
        // Another user reads it: the folder around it lets in only that user and root.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.PasswordPath, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var initdb = Program(
            _binaries.Initdb, "-D", _folder.DataPath, "-U", "postgres", "-A", "scram-sha-256", "--pwfile=" + _folder.PasswordPath,
            "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions");
        var result = await initdb.RunAsync(cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0) throw new LocalPostgresException($"{_binaries.Initdb} failed with exit code {result.ExitCode}: {result.Text}");
        File.Delete(_folder.PasswordPath);

        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["max_connections"] = "200",
        };
        if (!_options.Durable)
        {
            settings["fsync"] = settings["synchronous_commit"] = settings["full_page_writes"] = "off";
        }

        foreach (var (name, value) in _options.Settings) settings[name] = value;
        await ConfigureAsync(settings, cancellationToken).ConfigureAwait(false);
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        var postmasterFile = Path.Combine(_folder.DataPath, "postmaster.pid");
        if (File.Exists(postmasterFile))
            throw new LocalPostgresException($"{postmasterFile} is there before the server is started: somebody else uses the folder.");

        for (var attempt = 1; ; attempt++)
        {
            Port = _options.NextPort?.Invoke() ?? FreePort();
            await ConfigureAsync(new() { ["port"] = Port.ToString(CultureInfo.InvariantCulture) }, cancellationToken).ConfigureAwait(false);
            File.Delete(_folder.LogPath);
            // pg_ctl rather than postgres: it gives the server a session of its own, so that Ctrl+C on this process's terminal does not stop
            // the server under a host that is still finishing its work, and on Windows it drops an administrator's rights, which postgres refuses.
            var seconds = Math.Ceiling(_options.StartTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            var start = Program(_binaries.PgCtl, "start", "-D", _folder.DataPath, "-l", _folder.LogPath, "-w", "-s", "-t", seconds)
                with
            { Captured = !OperatingSystem.IsWindows() };
            var result = await start.RunAsync(cancellationToken).ConfigureAwait(false);
            if (result.ExitCode == 0) break;

            var log = _folder.Log;
            // The port was free when it was chosen, and another process was faster.
            if (attempt < MaxPorts && log.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal)) continue;
            throw new LocalPostgresException($"PostgreSQL {_binaries.Version} in {_binaries.Folder} did not start. {result.Text}{Environment.NewLine}{log}");
        }

        var postmaster = await File.ReadAllLinesAsync(postmasterFile, cancellationToken).ConfigureAwait(false);
        ProcessId = postmaster.Length > 3 && int.TryParse(postmaster[0], CultureInfo.InvariantCulture, out var id) && postmaster[3] == Port.ToString(CultureInfo.InvariantCulture)
            ? id
            : throw new LocalPostgresException($"{postmasterFile} is not that of the server on port {Port}: {string.Join(" ", postmaster.Take(4))}");
    }

    private Task ConfigureAsync(Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in settings)
        {
            var escaped = value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"{name} = '{escaped}'\n");
        }

        return File.AppendAllTextAsync(Path.Combine(_folder.DataPath, "postgresql.conf"), text.ToString(), cancellationToken);
    }

    private Command Program(string program, params IReadOnlyList<string> arguments) =>
        new(program, arguments) { User = _user, WorkingFolder = _folder.Path, LeftToWatchdog = true };

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
