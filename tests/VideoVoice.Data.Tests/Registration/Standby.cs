using System.Globalization;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>A streaming standby of a throwaway server, in its folder. Commits of the primary wait for it.</summary>
internal sealed class Standby : IAsyncDisposable
{
    private readonly LocalPostgres _primary;
    private readonly string _data;

    private Standby(LocalPostgres primary, string data, int port) => (_primary, _data, Port) = (primary, data, port);

    internal int Port { get; }

    internal static async Task<Standby> StartAsync(LocalPostgres primary, CancellationToken cancellationToken)
    {
        var target = new NpgsqlConnectionStringBuilder(primary.ConnectionString);
        var standby = new Standby(primary, Path.Combine(primary.Folder!, "standby"), ThrowawayServer.FreePort());
        await standby.RunAsync("pg_basebackup", cancellationToken, "-d", $"host=127.0.0.1 port={primary.Port} user={target.Username} password={target.Password}", "-D", standby._data, "-R", "-X", "stream", "-c", "fast");
        await standby.RunAsync("pg_ctl", cancellationToken, "start", "-D", standby._data, "-w", "-s", "-l", Path.Combine(primary.Folder!, "standby.log"), "-o", $"-p {standby.Port} -c unix_socket_directories=");

        await using var dataSource = NpgsqlDataSource.Create(primary.ConnectionString);
        await ExecuteAsync("alter system set synchronous_standby_names = '*'");
        await ExecuteAsync("select pg_reload_conf()");
        while (await ExecuteAsync("select count(*) from pg_stat_replication where sync_state = 'sync'") is not 1L)
            await Task.Delay(20, cancellationToken);
        return standby;

        async Task<object?> ExecuteAsync(string sql)
        {
            await using var command = dataSource.CreateCommand(sql);
            return await command.ExecuteScalarAsync(cancellationToken);
        }
    }

    /// <summary>Kills the primary, as a machine that is lost, and makes this server one that writes.</summary>
    internal async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        var id = (await File.ReadAllLinesAsync(Path.Combine(_primary.Folder!, "data", "postmaster.pid"), cancellationToken))[0];
        using (var process = System.Diagnostics.Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture)))
            process.Kill();
        await RunAsync("pg_ctl", cancellationToken, "promote", "-D", _data, "-w", "-s");
    }

    public async ValueTask DisposeAsync() => await RunAsync("pg_ctl", CancellationToken.None, "stop", "-D", _data, "-m", "immediate", "-w", "-s");

    private async Task RunAsync(string program, CancellationToken cancellationToken, params IReadOnlyList<string> arguments)
    {
        // What starts a server leaves a child that would keep the pipes open.
        var result = await new Command(Path.Combine(_primary.Binaries!, program), arguments) { User = ServerUser.Find(), Captured = !arguments.Contains("start") }.RunAsync(cancellationToken);
        Assert.That(result.ExitCode, Is.Zero, $"{program}: {result.Text}");
    }
}
