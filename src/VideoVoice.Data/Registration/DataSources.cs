using Microsoft.Extensions.Logging;
using Npgsql;

namespace VideoVoice.Data.Internal;

/// <summary>Makes the data source of the process from the options.</summary>
internal static class DataSources
{
    /// <summary>More than the number of statements, so that none pushes another out.</summary>
    private const int MaxAutoPrepare = 50;

    internal static NpgsqlDataSource Create(VideoVoiceOptions options, ILoggerFactory? loggerFactory)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);

        // Quoted as create_schema quotes it: an unquoted name would lose its capitals, and a comma or a quote in it would mean something.
        if (options.Schema is not null)
            settings.SearchPath = $"\"{options.Schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

        if (options.BehindPgBouncer)
        {
            settings.MaxAutoPrepare = 0;
            settings.NoResetOnClose = true;
        }
        else
        {
            if (!settings.ShouldSerialize("Max Auto Prepare"))
                settings.MaxAutoPrepare = MaxAutoPrepare;

            // The parameter of LIMIT makes the server take a generic plan for dear: it would plan each claim anew, which costs more than the claim, and read
            // all videos in parallel, or compile the statement, for a page of fifty.
            if (!settings.ShouldSerialize("Options"))
                settings.Options = "-c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off";

            // The library changes no session state on pooled connections, so there is nothing to reset.
            if (!settings.ShouldSerialize("No Reset On Close"))
                settings.NoResetOnClose = true;
        }

        if (!settings.ShouldSerialize("Application Name"))
            settings.ApplicationName = "VideoVoice.Data";

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (loggerFactory is not null)
            builder.UseLoggerFactory(loggerFactory);

        return builder.Build();
    }

    /// <summary>The connection string from the variables that the Python services read, or null when POSTGRES_HOST is not set.</summary>
    /// <exception cref="FormatException">POSTGRES_PORT is no port.</exception>
    internal static string? FromPythonVariables(Func<string, string?> variable)
    {
        if (string.IsNullOrWhiteSpace(variable("POSTGRES_HOST")))
            return null;

        var port = variable("POSTGRES_PORT") ?? "5432";
        return new NpgsqlConnectionStringBuilder
        {
            Host = variable("POSTGRES_HOST"),
            Port = ushort.TryParse(port, out var number) && number > 0 ? number : throw new FormatException($"POSTGRES_PORT is '{port}'. Set it to a port from 1 to 65535."),
            Username = variable("POSTGRES_USER") ?? "postgres",
            Password = variable("POSTGRES_PASSWORD"),
            Database = variable("DATABASE_NAME") ?? "video_voice_integration",
        }.ConnectionString;
    }
}
