using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using VideoVoice.Data;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>Tells whether the services can work on the database and, if not, which of the known troubles it is.</summary>
internal static class CheckCommand
{
    // Without usage of the schema its tables look as if they were not there, and a user that may only read fails at the first write.
    private const string MissingRights = """
        select 'usage on schema ' || n.nspname
        from pg_namespace n
        where n.nspname = $1 and not has_schema_privilege(n.oid, 'usage')
        union all
        select p.privilege || ' on ' || c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        cross join (values ('select'), ('insert'), ('update')) p (privilege)
        where n.nspname = $1
            and (c.relname in ('videos', 'voices', 'voice_mappings', 'settings') or c.relname = 'videovoice_migrations' and p.privilege = 'select')
            and not has_table_privilege(c.oid, p.privilege)
        """;

    public static Command Create()
    {
        var command = new Command("check", "Shows the connection, the versions and the counts, and explains the common troubles. Exit code 1 on trouble.");
        command.SetAction(async (services, _, token) =>
        {
            var screen = Screen.Create();
            var target = new NpgsqlConnectionStringBuilder(services.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.ConnectionString);
            screen.Line($"Server: {target.Host}:{target.Port}, database {target.Database}, user {target.Username}");

            var (problem, message) = await FindTroubleAsync(services, screen, token);
            screen.Table(Troubles.ToTable(problem));
            screen.Line(message is null ? "No trouble." : $"Trouble: {message}");
            return message is null ? 0 : 1;
        });
        return command;
    }

    private static async Task<(ConnectionProblem? Problem, string? Message)> FindTroubleAsync(IServiceProvider services, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            // Through the library first: it explains why there is no connection.
            var version = await GetSchemaVersionAsync(services, cancellationToken);
            await using (var connection = await services.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(cancellationToken))
            {
                screen.Line($"Server version: {connection.PostgreSqlVersion}");
                var schema = services.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.Schema ?? "public";
                if (await FindMissingRightsAsync(connection, schema, cancellationToken) is { Count: > 0 } missing)
                    return (ConnectionProblem.PermissionDenied, $"The user lacks: {string.Join(", ", missing)}.");
            }

            screen.Line($"Schema version: {version}; this program knows {SchemaInitializer.LatestVersion}");
            if (version < SchemaInitializer.LatestVersion)
                return await MayCreateAsync(services, cancellationToken)
                    ? (null, "The tables are missing or old. Run init.")
                    : (ConnectionProblem.PermissionDenied, "The tables are missing or old, and the user may not create them. As the owner: grant create on schema public to USER; then run init.");

            var totals = await services.GetRequiredService<StatusManager>().GetTotalsAsync(cancellationToken: cancellationToken);
            screen.Line($"Videos: {totals.Videos} ({totals.PendingVideos} pending, {totals.ProcessingVideos} processing, {totals.CompletedVideos} completed, {totals.FailedVideos} failed)");
            screen.Line($"Voices: {totals.Voices} ({totals.PendingVoices} pending, {totals.ProcessingVoices} processing, {totals.CompletedVoices} completed, {totals.FailedVoices} failed)");
            return (null, null);
        }
        catch (DatabaseConnectionException e)
        {
            return (e.Problem, e.Message);
        }
    }

    private static async Task<bool> MayCreateAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var schema = services.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.Schema ?? "public";
        await using var connection = await services.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select to_regnamespace(quote_ident($1)) is null or has_schema_privilege($1, 'create')", connection)
        {
            Parameters = { new NpgsqlParameter { Value = schema } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<int> GetSchemaVersionAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        try
        {
            return await services.GetRequiredService<SchemaInitializer>().GetSchemaVersionAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // All that the user lacks is listed next.
            return 0;
        }
    }

    private static async Task<List<string>> FindMissingRightsAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(MissingRights, connection) { Parameters = { new NpgsqlParameter { Value = schema } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var missing = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            missing.Add(reader.GetString(0));

        return missing;
    }
}
