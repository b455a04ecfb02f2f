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
            var version = await services.GetRequiredService<SchemaInitializer>().GetSchemaVersionAsync(cancellationToken);
            await using (var connection = await services.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name).OpenConnectionAsync(cancellationToken))
                screen.Line($"Server version: {connection.PostgreSqlVersion}");

            screen.Line($"Schema version: {version}; this program knows {SchemaInitializer.LibraryVersion}");
            if (version < SchemaInitializer.LibraryVersion)
                return (null, "The tables are missing or old. Run init.");

            var totals = await services.GetRequiredService<StatusManager>().GetTotalsAsync(cancellationToken: cancellationToken);
            screen.Line($"Videos: {totals.Videos} ({totals.PendingVideos} pending, {totals.ProcessingVideos} processing, {totals.CompletedVideos} completed, {totals.FailedVideos} failed)");
            screen.Line($"Voices: {totals.Voices} ({totals.PendingVoices} pending, {totals.ProcessingVoices} processing, {totals.CompletedVoices} completed, {totals.FailedVoices} failed)");
            return (null, null);
        }
        catch (DatabaseConnectionException e)
        {
            return (e.Problem, e.Message);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return (ConnectionProblem.PermissionDenied, e.MessageText);
        }
    }
}
