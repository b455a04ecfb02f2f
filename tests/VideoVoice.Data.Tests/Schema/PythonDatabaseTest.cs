using System.Text.Json;
using Dapper;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>A test on a database that the Python services made and filled (python_schema.sql).</summary>
public abstract class PythonDatabaseTest : DatabaseTest
{
    protected static readonly string[] Tables = ["voice_mappings", "videos", "voices", "settings"];

    protected override bool Initialized => false;

    [SetUp]
    public Task CreatePythonSchemaAsync() => SqlAsync(Repository.Read("tests/VideoVoice.Data.Tests/Schema/python_schema.sql"));

    /// <summary>Adopts the database over connections whose session is in the given zone.</summary>
    protected async Task<SchemaInitialization> AdoptAsync(string legacyTimeZone = "UTC", string sessionTimeZone = "America/New_York")
    {
        await using var dataSource = Connect(sessionTimeZone);
        return await new SchemaInitializer(dataSource, new VideoVoiceOptions { LegacyTimeZone = legacyTimeZone }).InitializeAsync(Token);
    }

    protected NpgsqlDataSource Connect(string sessionTimeZone) => DataSources.Create(
        new VideoVoiceOptions { ConnectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { Timezone = sessionTimeZone, Pooling = false }.ConnectionString }, null);

    /// <summary>Every row of a table by its id, as JSON text by column; points in time in UTC without the mark of their zone.</summary>
    protected async Task<Dictionary<string, Dictionary<string, string>>> RowsAsync(string table)
    {
        await using var dataSource = Connect("UTC");
        await using var connection = await dataSource.OpenConnectionAsync(Token);
        var rows = await connection.QueryAsync<string>($"select to_jsonb(t)::text from {table} t");
        return rows.Select(row => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(row)!)
            .ToDictionary(row => row["id"].GetString()!, row => row.ToDictionary(c => c.Key, c => c.Value.GetRawText().Replace("+00:00", "", StringComparison.Ordinal)));
    }

    protected async Task<Dictionary<string, Dictionary<string, Dictionary<string, string>>>> AllRowsAsync()
    {
        var all = new Dictionary<string, Dictionary<string, Dictionary<string, string>>>();
        foreach (var table in Tables)
            all.Add(table, await RowsAsync(table));

        return all;
    }
}
