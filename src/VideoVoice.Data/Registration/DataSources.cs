using Microsoft.Extensions.Logging;
using Npgsql;

namespace VideoVoice.Data.Registration;

/// <summary>Makes the data source of the process from the options.</summary>
internal static class DataSources
{
    /// <summary>More than the number of statements, so that none evicts another.</summary>
    private const int MaxAutoPrepare = 50;

    internal static NpgsqlDataSource Create(VideoVoiceOptions options, ILoggerFactory? loggerFactory, Func<string, string?>? variable = null) =>
        Builder(options, loggerFactory, variable).Build();

    /// <summary>For several hosts. Who makes it disposes of it, because a data source that is taken from it does not.</summary>
    internal static NpgsqlMultiHostDataSource CreateMultiHost(VideoVoiceOptions options, ILoggerFactory? loggerFactory) =>
        Builder(options, loggerFactory, null).BuildMultiHost();

    /// <summary>
    /// Which of several hosts is meant: the primary, unless the connection string names others, because a process that met the standby first would stay there.
    /// Null for one host that the connection string names without a target.
    /// </summary>
    internal static TargetSessionAttributes? TargetOf(VideoVoiceOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        return settings.TargetSessionAttributes is { } target
            ? Enum.Parse<TargetSessionAttributes>(target.Replace("-", "", StringComparison.Ordinal), ignoreCase: true)
            : HasSeveralHosts(settings) ? TargetSessionAttributes.Primary : null;
    }

    private static bool HasSeveralHosts(NpgsqlConnectionStringBuilder settings) => settings.Host?.Contains(',', StringComparison.Ordinal) == true;

    private static NpgsqlDataSourceBuilder Builder(VideoVoiceOptions options, ILoggerFactory? loggerFactory, Func<string, string?>? variable)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString) { TargetSessionAttributes = null };

        // With Npgsql's 10 s a promoted standby is taken for a standby for so long.
        if (HasSeveralHosts(settings) && !settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = 1;

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
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = $"VideoVoice.Data {ConnectionStrings.ServerOf(settings)}/{settings.Database}" };
        if (loggerFactory is not null)
            builder.UseLoggerFactory(new StatementsAtDebug(loggerFactory));

        return builder;
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
