using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>How the server runs an embedded statement, prepared in the session of a connection.</summary>
internal static partial class Plan
{
    /// <summary>The plan, a line each.</summary>
    internal static async Task<string> ExplainAsync(NpgsqlConnection connection, string statement, Dictionary<string, string> arguments) =>
        string.Join('\n', await ExplainWithAsync(connection, statement, arguments, "explain"));

    /// <summary>How many pages of tables and indexes the statement touches. What it writes is rolled back.</summary>
    internal static async Task<int> PagesAsync(NpgsqlConnection connection, string statement, Dictionary<string, string> arguments)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var json = string.Join('\n', await ExplainWithAsync(connection, statement, arguments, "explain (analyze, buffers, format json)"));
        await transaction.RollbackAsync();
        var plan = JsonDocument.Parse(json).RootElement[0].GetProperty("Plan");
        return plan.GetProperty("Shared Hit Blocks").GetInt32() + plan.GetProperty("Shared Read Blocks").GetInt32();
    }

    private static async Task<IEnumerable<string>> ExplainWithAsync(NpgsqlConnection connection, string statement, Dictionary<string, string> arguments, string explain)
    {
        var names = new List<string>();
        var text = Parameters().Replace(Statements.Get(statement), match =>
        {
            if (!names.Contains(match.Groups[1].Value))
                names.Add(match.Groups[1].Value);
            return $"${names.IndexOf(match.Groups[1].Value) + 1}";
        });
        var values = string.Join(", ", names.Select(name => $"'{arguments[name]}'"));
        await connection.ExecuteAsync($"prepare planned as {text.TrimEnd().TrimEnd(';')}");
        try
        {
            return await connection.QueryAsync<string>(names.Count == 0 ? $"{explain} execute planned" : $"{explain} execute planned ({values})");
        }
        finally
        {
            await connection.ExecuteAsync("deallocate planned");
        }
    }

    [GeneratedRegex(@"(?<![@\w])@(\w+)")]
    private static partial Regex Parameters();
}
