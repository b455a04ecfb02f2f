using Microsoft.Extensions.Options;
using Npgsql;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Registration;

/// <summary>Validates the options. Each message says what to set, and none repeats the connection string.</summary>
internal sealed class VideoVoiceOptionsValidator : IValidateOptions<VideoVoiceOptions>
{
    /// <summary>PostgreSQL truncates a longer name, which then is another name.</summary>
    private const int MaxNameBytes = 63;

    /// <summary>For the constructors that take a data source.</summary>
    /// <returns>The options, or the built-in ones for null.</returns>
    /// <exception cref="ArgumentException">An option is wrong, or the schema is not the data source's; the message names it.</exception>
    internal static VideoVoiceOptions Checked(VideoVoiceOptions? options, NpgsqlDataSource dataSource)
    {
        if (options is null)
            return new VideoVoiceOptions();

        var errors = new List<string>();
        if (options.ConnectionString is not null)
            CheckConnectionString(options, errors);
        CheckValues(options, errors);

        // The tables are where the connections look for them, whatever the options say.
        if (options.Schema is { } schema && new NpgsqlConnectionStringBuilder(dataSource.ConnectionString).SearchPath is var path && path != schema && path != DataSources.SearchPathOf(schema))
            errors.Add($"Schema is {schema}, but the Search Path of the data source is {path ?? "not set"}. Put the schema into its connection string, or leave Schema null.");
        return errors.Count == 0 ? options : throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }

    public ValidateOptionsResult Validate(string? name, VideoVoiceOptions options)
    {
        var errors = new List<string>();
        if (options.ConnectionString is not null)
            CheckConnectionString(options, errors);
        else if (!options.IsOnDataSource)
            errors.Add(string.IsNullOrEmpty(name)
                ? "There is no connection string. Set ConnectionStrings:VideoVoice, VideoVoice:ConnectionString, VideoVoiceOptions.ConnectionString, or the environment variables POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and DATABASE_NAME."
                : $"There is no connection string for the key {name}. Set ConnectionStrings:{name}, VideoVoice:{name}:ConnectionString or VideoVoiceOptions.ConnectionString.");

        if (options.Targets.Distinct().Count() > 1)
            errors.Add($"The library was registered for {options.Targets.Distinct().Count()} databases: {string.Join(", ", options.Targets.Distinct())}. One container holds one without a key: register the others with a key of their own.");
        if (options.Schema is not null && options.IsOnDataSource)
            errors.Add("Schema cannot be set on a data source of the host. Put Search Path into its connection string.");
        if (options.Schema is not null && options.BehindPgBouncer)
            errors.Add("Schema cannot be set behind PgBouncer, which refuses it as a start-up parameter. Use: alter role ... set search_path.");
        CheckValues(options, errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void CheckValues(VideoVoiceOptions options, List<string> errors)
    {
        if (options.Schema is not null && string.IsNullOrWhiteSpace(options.Schema))
            errors.Add("Schema is empty. Name a schema, or leave it null for the connection's own search_path.");
        else if (options.Schema is { } schema && (schema is "$user" or "information_schema" || schema.StartsWith("pg_", StringComparison.Ordinal)))
            errors.Add($"Schema is '{schema}', which PostgreSQL keeps for itself. Name another.");
        Name(nameof(options.Schema), options.Schema);
        Name(nameof(options.MaintenanceDatabase), options.MaintenanceDatabase);
        Text(nameof(options.LegacyTimeZone), options.LegacyTimeZone);
        if (string.IsNullOrWhiteSpace(options.MaintenanceDatabase))
            errors.Add("MaintenanceDatabase is empty. Name a database that exists, such as postgres.");
        if (string.IsNullOrWhiteSpace(options.LegacyTimeZone))
            errors.Add("LegacyTimeZone is empty. Name a time zone, such as UTC.");
        if (options.MaxAttempts is < 1 or > 1000)
            errors.Add($"MaxAttempts is {options.MaxAttempts}. Set it from 1 to 1000.");
        Duration(nameof(options.QueueStep), options.QueueStep, TimeSpan.Zero, TimeSpan.FromHours(1));
        Duration(nameof(options.RetryDelay), options.RetryDelay, TimeSpan.Zero, TimeSpan.FromDays(1));
        Duration(nameof(options.MaxRetryDelay), options.MaxRetryDelay, TimeSpan.Zero, TimeSpan.FromDays(1));
        Duration(nameof(options.LoadedVoicePreference), options.LoadedVoicePreference, TimeSpan.Zero, TimeSpan.FromDays(1));
        Duration(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));

        void Duration(string option, TimeSpan value, TimeSpan min, TimeSpan max)
        {
            if (value < min || value > max)
                errors.Add($"{option} is {value}. Set it from {min} to {max}.");
        }

        void Name(string option, string? value)
        {
            if (Text(option, value) && value is not null && System.Text.Encoding.UTF8.GetByteCount(value) > MaxNameBytes)
                errors.Add($"{option} has {System.Text.Encoding.UTF8.GetByteCount(value)} bytes in UTF-8. A name in PostgreSQL has at most {MaxNameBytes}.");
        }

        bool Text(string option, string? value)
        {
            try
            {
                Check.Value(value, null, option);
                return true;
            }
            catch (ArgumentException e)
            {
                errors.Add($"{option}: {e.Message}");
                return false;
            }
        }
    }

    private static void CheckConnectionString(VideoVoiceOptions options, List<string> errors)
    {
        if (ConnectionStrings.Fault(options.ConnectionString!) is { } fault)
        {
            errors.Add(fault);
            return;
        }

        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        if (string.IsNullOrWhiteSpace(builder.Host))
            errors.Add("The connection string names no Host.");
        if (string.IsNullOrWhiteSpace(builder.Database))
            errors.Add("The connection string names no Database.");
        else if (System.Text.Encoding.UTF8.GetByteCount(builder.Database) > MaxNameBytes)
            errors.Add($"The Database of the connection string has more than {MaxNameBytes} bytes in UTF-8, the longest name in PostgreSQL.");
        else if (builder.Database.Any(c => c == '\0' || char.IsSurrogate(c)) && !IsText(builder.Database))
            errors.Add("The Database of the connection string holds U+0000 or half a surrogate pair.");
    }

    private static bool IsText(string value)
    {
        try
        {
            Check.Value(value);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
