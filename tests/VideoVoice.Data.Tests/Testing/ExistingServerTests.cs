using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Binaries;

namespace VideoVoice.Data.Tests.Testing;

/// <summary>VIDEOVOICE_TEST_CONNECTION names a running server, which is used instead of a new one.</summary>
public sealed class ExistingServerTests
{
    [Test, CancelAfter(60_000)]
    public async Task An_existing_server_is_used_and_left_running_without_the_databases_created(CancellationToken cancellationToken)
    {
        var existing = await PostgresServer.GetAsync();
        var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions(), Naming(existing.ConnectionString), cancellationToken);
        var name = "existing_" + Guid.NewGuid().ToString("N");
        var database = await postgres.CreateDatabaseAsync(name, cancellationToken: cancellationToken);
        Assert.That(await LocalPostgresTests.QueryAsync<string>(database, "SELECT current_database()::text"), Is.EqualTo(name));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(postgres.IsExternal, Is.True);
            Assert.That((postgres.ProcessId, postgres.Folder, postgres.Binaries), Is.EqualTo(((int?)null, (string?)null, (string?)null)));
            Assert.That((postgres.Port, postgres.ServerVersion), Is.EqualTo((existing.Port, existing.ServerVersion)));
        }

        await postgres.DisposeAsync();

        Assert.That(
            await LocalPostgresTests.QueryAsync<long>(existing.ConnectionString, $"SELECT count(*) FROM pg_database WHERE datname = '{name}'"),
            Is.Zero);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_server_given_in_the_options_comes_before_the_environments(CancellationToken cancellationToken)
    {
        var existing = await PostgresServer.GetAsync();
        var options = new LocalPostgresOptions { ExistingServer = existing.ConnectionString, UseExistingServer = false };

        await using var postgres = await LocalPostgres.StartAsync(options, Naming("Host=127.0.0.1;Port=1"), cancellationToken);

        Assert.That((postgres.IsExternal, postgres.Port), Is.EqualTo((true, existing.Port)));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_connection_string_without_a_database_means_postgres(CancellationToken cancellationToken)
    {
        var existing = await PostgresServer.GetAsync();
        var given = new NpgsqlConnectionStringBuilder(existing.ConnectionString) { Database = null };

        await using var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions(), Naming(given.ConnectionString), cancellationToken);

        Assert.That(await LocalPostgresTests.QueryAsync<string>(postgres.ConnectionString, "SELECT current_database()::text"), Is.EqualTo("postgres"));
    }

    [Test, CancelAfter(60_000)]
    public async Task An_existing_server_is_not_used_by_who_needs_a_new_one(CancellationToken cancellationToken)
    {
        var existing = await PostgresServer.GetAsync();

        await using var postgres = await LocalPostgres.StartAsync(
            new LocalPostgresOptions { UseExistingServer = false }, Naming(existing.ConnectionString), cancellationToken);

        Assert.That(postgres.IsExternal, Is.False);
        Assert.That(postgres.Port, Is.Not.EqualTo(existing.Port));
    }

    [Test, CancelAfter(60_000)]
    public async Task An_existing_server_that_is_not_there_fails_rather_than_being_replaced(CancellationToken cancellationToken)
    {
        var surroundings = Naming("Host=127.0.0.1;Port=1;Username=nobody;Timeout=5");

        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(new LocalPostgresOptions(), surroundings, cancellationToken));

        Assert.That(exception!.Message, Does.Contain("VIDEOVOICE_TEST_CONNECTION").And.Contain("cannot be used"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_connection_string_that_cannot_be_read_is_named_and_not_repeated(CancellationToken cancellationToken)
    {
        var exception = await Assert.ThrowsAsync<LocalPostgresException>(() => LocalPostgres.StartAsync(new LocalPostgresOptions(), Naming("Host=h;Port=s3cret"), cancellationToken));

        Assert.That(exception!.ToString(), Does.Contain("VIDEOVOICE_TEST_CONNECTION").And.Not.Contain("s3cret"));
    }

    private static Surroundings Naming(string connectionString)
    {
        var machine = Surroundings.OfThisMachine;
        return machine with { ReadVariable = name => name == Surroundings.ConnectionVariable ? connectionString : machine.ReadVariable(name) };
    }
}
