using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Tests.Schema;

[CancelAfter(120_000)]
[Platform(Exclude = "Win", Reason = "pg_ctl is run as the server's user.")]
public sealed class StandbyTests
{
    [Test]
    public async Task The_initializer_says_that_the_server_is_a_standby(CancellationToken cancellationToken)
    {
        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false }, cancellationToken);
        var data = Path.Combine(postgres.Folder!, "data");
        var signal = Path.Combine(data, "standby.signal");
        await File.WriteAllTextAsync(signal, "", cancellationToken);
        var restart = new Command(Path.Combine(postgres.Binaries!, "pg_ctl"), "restart", "-D", data, "-m", "fast", "-w", "-s", "-l", Path.Combine(postgres.Folder!, "standby.log")) { User = ServerUser.Find() };
        var restarted = await restart.RunAsync(cancellationToken);
        Assert.That(restarted.ExitCode, Is.Zero, restarted.Text);
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false });
        await using (var recovery = dataSource.CreateCommand("select pg_is_in_recovery()"))
            Assert.That(await recovery.ExecuteScalarAsync(cancellationToken), Is.True);

        Assert.That(
            () => new SchemaInitializer(dataSource).InitializeAsync(cancellationToken),
            Throws.InvalidOperationException.With.Message.Contains("it is a standby").And.Message.Contains("Initialize on the primary"));
    }
}
