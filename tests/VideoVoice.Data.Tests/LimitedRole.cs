using Dapper;
using Npgsql;

namespace VideoVoice.Data.Tests;

/// <summary>A role that may run every statement of a worker but read one column of voices, so that the statement that reads it is refused.</summary>
internal sealed class LimitedRole : IAsyncDisposable
{
    private readonly NpgsqlDataSource _owner;
    private readonly string _name = $"limited_{Guid.NewGuid():N}";

    private LimitedRole(NpgsqlDataSource owner, string connectionString)
    {
        _owner = owner;
        DataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Options = $"-c role={_name}", Pooling = false }.ConnectionString);
    }

    public NpgsqlDataSource DataSource { get; }

    public static async Task<LimitedRole> CreateAsync(NpgsqlDataSource owner, string connectionString, string withoutColumn)
    {
        var role = new LimitedRole(owner, connectionString);
        await using var connection = await owner.OpenConnectionAsync();
        var columns = await connection.ExecuteScalarAsync<string>(
            "select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = 'voices' and column_name <> @withoutColumn", new { withoutColumn });
        // A claim joins by ctid, which no grant on columns includes.
        await connection.ExecuteAsync($"create role {role._name}; grant select (ctid, {columns}), update on voices to {role._name}; grant select on voice_mappings, settings to {role._name}");
        return role;
    }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await using var connection = await _owner.OpenConnectionAsync();
        await connection.ExecuteAsync($"drop owned by {_name}; drop role {_name}");
    }
}
