using Microsoft.Extensions.Options;
using Npgsql;

namespace VideoVoice.Data.Internal;

/// <summary>Says what to set. No message repeats the connection string.</summary>
internal sealed class VideoVoiceOptionsValidator(bool hostDataSource) : IValidateOptions<VideoVoiceOptions>
{
    public ValidateOptionsResult Validate(string? name, VideoVoiceOptions options)
    {
        var errors = new List<string>();
        if (options.ConnectionString is not null)
            CheckConnectionString(options, errors);
        else if (!hostDataSource)
            errors.Add("There is no connection string. Set ConnectionStrings:VideoVoice, VideoVoice:ConnectionString, VideoVoiceOptions.ConnectionString, or the environment variables POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and DATABASE_NAME.");

        if (options.Schema is not null && string.IsNullOrWhiteSpace(options.Schema))
            errors.Add("Schema is empty. Name a schema, or leave it null for the connection's own search_path.");
        if (options.Schema is not null && hostDataSource)
            errors.Add("Schema cannot be set on a data source of the host. Put Search Path into its connection string.");
        if (options.Schema is not null && options.BehindPgBouncer)
            errors.Add("Schema cannot be set behind PgBouncer, which refuses it as a start-up parameter. Use: alter role ... set search_path.");
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

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Duration(string option, TimeSpan value, TimeSpan min, TimeSpan max)
        {
            if (value < min || value > max)
                errors.Add($"{option} is {value}. Set it from {min} to {max}.");
        }
    }

    private static void CheckConnectionString(VideoVoiceOptions options, List<string> errors)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString);
            if (string.IsNullOrWhiteSpace(builder.Host))
                errors.Add("The connection string names no Host.");
            if (string.IsNullOrWhiteSpace(builder.Database))
                errors.Add("The connection string names no Database.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            // The inner message is left out: the parser may quote what it could not read, and that may be the password.
            errors.Add("The connection string cannot be read. Write it as Host=...;Port=...;Username=...;Password=...;Database=...; values with ; or = stand in quotes.");
        }
    }
}
