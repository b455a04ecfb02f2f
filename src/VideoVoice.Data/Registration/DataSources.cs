using Microsoft.Extensions.Logging;
using Npgsql;

namespace VideoVoice.Data.Registration;

/// <summary>Makes the data source of the process from the options.</summary>
internal static class DataSources
{
    /// <summary>More than the number of statements, so that none evicts another.</summary>
    private const int MaxAutoPrepare = 50;

    internal static NpgsqlDataSource Create(VideoVoiceOptions options, ILoggerFactory? loggerFactory, Func<string, string?>? variable = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);

        if (options.Schema is not null)
            settings.SearchPath = SearchPathOf(options.Schema);

        if (options.BehindPgBouncer)
        {
            settings.MaxAutoPrepare = 0;
            settings.NoResetOnClose = true;
        }
        else
        {
            if (!settings.ShouldSerialize("Max Auto Prepare"))
                settings.MaxAutoPrepare = MaxAutoPrepare;

            // Npgsql itself reads PGOPTIONS only where the connection string has no Options.
            settings.Options = StartUpOptions.Add(settings.Options ?? (variable ?? Environment.GetEnvironmentVariable)("PGOPTIONS"));

            // The library changes no session state on pooled connections, so there is nothing to reset.
            if (!settings.ShouldSerialize("No Reset On Close"))
                settings.NoResetOnClose = true;
        }

        if (!settings.ShouldSerialize("Application Name"))
            settings.ApplicationName = "VideoVoice.Data";

        // Otherwise the password would be in Npgsql's log state and, as part of the pool's name, in its metrics and spans.
        settings.PersistSecurityInfo = false;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = $"VideoVoice.Data {settings.Host}:{settings.Port}/{settings.Database}" };
        if (loggerFactory is not null)
            builder.UseLoggerFactory(new StatementsAtDebug(loggerFactory));

        return builder.Build();
    }

    /// <summary>Quoted as create_schema quotes it: an unquoted name would be folded to lower case, and a comma or a quote in it would be syntax.</summary>
    internal static string SearchPathOf(string schema) => $"\"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The connection string from the variables that the Python services read, or null when POSTGRES_HOST is not set.</summary>
    /// <exception cref="FormatException">POSTGRES_PORT is not a port number.</exception>
    internal static string? FromPythonVariables(Func<string, string?> variable)
    {
        if (string.IsNullOrWhiteSpace(variable("POSTGRES_HOST")))
            return null;

        var port = variable("POSTGRES_PORT") ?? "5432";
        return new NpgsqlConnectionStringBuilder
        {
            Host = variable("POSTGRES_HOST"),
            Port = ushort.TryParse(port, out var number) && number > 0 ? number : throw new FormatException("POSTGRES_PORT is no port. Set it to a number from 1 to 65535."),
            Username = variable("POSTGRES_USER") ?? "postgres",
            Password = variable("POSTGRES_PASSWORD"),
            Database = variable("DATABASE_NAME") ?? "video_voice_integration",
        }.ConnectionString;
    }
}
