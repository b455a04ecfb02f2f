using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data;

/// <summary>
/// The table <c>settings</c>. Each method runs the statement of its name in <c>sql/settings</c>, on a connection of its own or in the caller's
/// transaction. Thread-safe; make one per process.
/// </summary>
public sealed class SettingManager
{
    private readonly Database _database;

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public SettingManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<SettingManager>? logger = null)
        : this(new Database(dataSource, logger)) => VideoVoiceOptionsValidator.Checked(options, dataSource);

    internal SettingManager(Database database) => _database = database;

    /// <summary>Reads a setting (<c>get_setting.sql</c>).</summary>
    /// <returns>The row, or null when there is none.</returns>
    /// <exception cref="ArgumentException">The key is empty or longer than 100 characters.</exception>
    public Task<Setting?> GetSettingAsync(string settingKey, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<Setting>("settings/get_setting", new { settingKey = Check.Text(settingKey, 100) }, transaction, cancellationToken);

    /// <summary>Reads a setting's value as <typeparamref name="T"/> (<c>get_setting.sql</c>): bool (<c>true</c> or <c>false</c> in any case), int, string, or any type that parses.</summary>
    /// <param name="settingKey">The key, 1 to 100 characters.</param>
    /// <param name="defaultValue">What to return when there is no such setting.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="FormatException">The value is no <typeparamref name="T"/>; the message names the setting and the value.</exception>
    public async Task<T> GetSettingAsync<T>(
        string settingKey, T defaultValue, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
        where T : IParsable<T>
    {
        if (await GetSettingAsync(settingKey, transaction, cancellationToken).ConfigureAwait(false) is not { } setting)
            return defaultValue;

        return T.TryParse(setting.SettingValue, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"The setting '{settingKey}' is '{setting.SettingValue}', which is no {typeof(T).Name}. Correct it with SetSettingAsync.");
    }

    /// <summary>All settings by key (<c>list_settings.sql</c>).</summary>
    public Task<IReadOnlyList<Setting>> ListSettingsAsync(NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<Setting>("settings/list_settings", null, transaction, cancellationToken);

    /// <summary>Inserts or updates a setting (<c>set_setting.sql</c>).</summary>
    /// <param name="settingKey">The key, 1 to 100 characters.</param>
    /// <param name="settingValue">The value; it may be empty, not null.</param>
    /// <param name="description">Free text; null leaves what is there.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="ArgumentException">The key is empty or too long, or the value is null.</exception>
    public Task SetSettingAsync(
        string settingKey, string settingValue, string? description = null, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settingValue);
        return _database.ExecuteAsync(
            "settings/set_setting",
            new { settingKey = Check.Text(settingKey, 100), settingValue = Check.Value(settingValue), description = Check.Value(description) },
            transaction,
            cancellationToken);
    }

    /// <summary>Deletes a setting (<c>delete_setting.sql</c>).</summary>
    /// <returns>False when there was none.</returns>
    /// <exception cref="ArgumentException">The key is empty or longer than 100 characters.</exception>
    public async Task<bool> DeleteSettingAsync(string settingKey, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        await _database.ExecuteAsync("settings/delete_setting", new { settingKey = Check.Text(settingKey, 100) }, transaction, cancellationToken).ConfigureAwait(false) > 0;
}
