using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using VideoVoice.Data;

namespace VideoVoice.Sample.Commands;

/// <summary>Ends all connections to the database and drops it.</summary>
internal static class DropCommand
{
    public static Command Create()
    {
        var yes = new Option<bool>("--yes") { Description = "Really." };
        var command = new Command("drop", "Ends all connections to the database and drops it, with all that is in it.") { yes };
        command.SetAction(async (services, parsed, token) =>
        {
            var options = services.GetRequiredService<IOptions<VideoVoiceOptions>>().Value;
            var target = new NpgsqlConnectionStringBuilder(options.ConnectionString);
            if (!parsed.GetValue(yes))
                throw new SampleException($"This would drop the database {target.Database} at {target.Host}:{target.Port}. Repeat it with --yes.");

            await DropAsync(target, options.MaintenanceDatabase, token);
            Console.WriteLine($"Dropped the database {target.Database}.");
            return 0;
        });
        return command;
    }

    private static async Task DropAsync(NpgsqlConnectionStringBuilder target, string maintenance, CancellationToken cancellationToken)
    {
        var administration = new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = maintenance, Pooling = false, PersistSecurityInfo = false };
        await using var dataSource = NpgsqlDataSource.Create(administration);

        // A statement that drops takes no parameters: the server quotes the name. FORCE ends the connections in the same step, so that none comes between.
        await using var quote = dataSource.CreateCommand("select format('drop database %I with (force)', $1::text)");
        quote.Parameters.Add(new NpgsqlParameter { Value = target.Database });
        await using var drop = dataSource.CreateCommand((string)(await quote.ExecuteScalarAsync(cancellationToken))!);
        await drop.ExecuteNonQueryAsync(cancellationToken);
    }
}
