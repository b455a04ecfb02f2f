using System.Net;
using System.Net.Sockets;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Testing;

public sealed class LocalPostgresTests
{
    private static readonly LocalPostgresOptions s_own = new() { UseExistingServer = false };

    [Test, CancelAfter(60_000)]
    public async Task A_started_server_listens_on_the_loopback_address_and_asks_for_its_password(CancellationToken cancellationToken)
    {
        await using var postgres = await LocalPostgres.StartAsync(s_own, cancellationToken);

        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "wrong", Pooling = false };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync<int>(wrong.ConnectionString, "SELECT 1"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.InvalidPassword));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW listen_addresses"), Is.EqualTo("127.0.0.1"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW max_connections"), Is.EqualTo("200"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW server_encoding"), Is.EqualTo("UTF8"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW fsync"), Is.EqualTo("off"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW server_version"), Does.StartWith(postgres.ServerVersion.ToString()));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SELECT current_database()::text"), Is.EqualTo("postgres"));
            Assert.That(new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Port, Is.EqualTo(postgres.Port));
            Assert.That(postgres.IsExternal, Is.False);
            Assert.That(File.Exists(Path.Combine(postgres.Binaries!, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres")), Is.True);
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task Disposing_ends_the_server_and_deletes_its_folder_and_lock(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Folder = folder.Path }, cancellationToken);
        Assert.That(Eventually.Lives(postgres.ProcessId!.Value), Is.True);

        await postgres.DisposeAsync();
        await postgres.DisposeAsync();

        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
        Assert.That(await Eventually.HoldsAsync(() => !Eventually.Lives(postgres.ProcessId.Value)), Is.True);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => postgres.CreateDatabaseAsync(cancellationToken: cancellationToken));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_database_is_copied_from_its_template_and_many_at_once_are_apart(CancellationToken cancellationToken)
    {
        var postgres = await PostgresServer.GetAsync();
        var name = "template \"of\" " + Guid.NewGuid().ToString("N");
        var template = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync(name, cancellationToken: cancellationToken)) { Pooling = false };
        await ExecuteAsync(template.ConnectionString, "CREATE TABLE copied (n int); INSERT INTO copied VALUES (42)");

        var copies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => postgres.CreateDatabaseAsync(template: name, cancellationToken: cancellationToken)));

        await Task.WhenAll(copies.Select((copy, index) => ExecuteAsync(copy, $"UPDATE copied SET n = n + {index}")));
        var values = await Task.WhenAll(copies.Select(copy => QueryAsync<int>(copy, "SELECT n FROM copied")));
        Assert.That(values, Is.EqualTo(Enumerable.Range(42, 8)));
    }

    [Test, CancelAfter(60_000)]
    public async Task Dropping_closes_the_connections_to_the_database_and_accepts_a_missing_one(CancellationToken cancellationToken)
    {
        var postgres = await PostgresServer.GetAsync();
        var name = "dropped_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(await postgres.CreateDatabaseAsync(name, cancellationToken: cancellationToken));
        await connection.OpenAsync(cancellationToken);

        await postgres.DropDatabaseAsync(name, cancellationToken);
        await postgres.DropDatabaseAsync(name, cancellationToken);

        var gone = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync<int>(postgres.GetConnectionString(name) + ";Pooling=false", "SELECT 1"));
        Assert.That(gone!.SqlState, Is.EqualTo(PostgresErrorCodes.InvalidCatalogName));
    }

    [Test, CancelAfter(60_000)]
    public async Task Empty_names_are_refused(CancellationToken cancellationToken)
    {
        var postgres = await PostgresServer.GetAsync();
        Assert.Throws<ArgumentException>(() => postgres.GetConnectionString(""));
        await Assert.ThrowsAsync<ArgumentException>(() => postgres.CreateDatabaseAsync("", cancellationToken: cancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => postgres.CreateDatabaseAsync(template: "", cancellationToken: cancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => postgres.DropDatabaseAsync("", cancellationToken));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_durable_server_flushes_and_settings_given_win(CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string> { ["max_connections"] = "17", ["application_name"] = @"it's \a test" };
        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Durable = true, Settings = settings }, cancellationToken);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW fsync"), Is.EqualTo("on"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW synchronous_commit"), Is.EqualTo("on"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW full_page_writes"), Is.EqualTo("on"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW max_connections"), Is.EqualTo("17"));
            Assert.That(await QueryAsync<string>(postgres.ConnectionString, "SHOW application_name"), Is.EqualTo(@"it's \a test"));
            Assert.That(postgres.Folder, Does.Not.StartWith("/dev/shm"));
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_port_taken_by_another_process_is_given_up_for_the_next(CancellationToken cancellationToken)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var takenPort = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var freePort = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var ports = new Queue<int>([takenPort, freePort]);

        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, NextPort = ports.Dequeue }, cancellationToken);

        Assert.That(postgres.Port, Is.EqualTo(freePort));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_that_refuses_its_settings_fails_with_its_own_words_and_leaves_nothing(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var options = new LocalPostgresOptions { UseExistingServer = false, Folder = folder.Path, Settings = new Dictionary<string, string> { ["no_such_setting"] = "1" } };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(options, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("unrecognized configuration parameter \"no_such_setting\""));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_start_beyond_its_time_limit_fails_and_leaves_nothing(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var options = new LocalPostgresOptions { UseExistingServer = false, Folder = folder.Path, StartTimeout = TimeSpan.FromMilliseconds(30) };

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(options, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("did not start within 0.03 s"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_cancelled_start_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(150));

        await Assert.CatchAsync<OperationCanceledException>(() => LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Folder = folder.Path }, cancellation.Token));

        Assert.That(await Eventually.HoldsAsync(() => !Directory.EnumerateFileSystemEntries(folder.Path).Any()), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_folder_that_cannot_be_used_is_named(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var missing = folder["missing"];

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Folder = missing }, cancellationToken));

        Assert.That(exception!.Message, Does.Contain(missing));
    }

    internal static async Task<T> QueryAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
