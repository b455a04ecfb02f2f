using Microsoft.Extensions.Logging;
using Npgsql;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data;

/// <summary>
/// The table <c>voice_mappings</c>. Each method runs the statement of its name in <c>sql/voice_mappings</c>, on a connection of its own or in the
/// caller's transaction. Thread-safe; make one per process.
/// </summary>
public sealed class VoiceMappingManager
{
    private readonly Database _database;

    /// <summary>A manager on a data source that the caller keeps and disposes of.</summary>
    /// <param name="dataSource">Where to connect.</param>
    /// <param name="options">The same options for all managers of a process; null takes the built-in ones.</param>
    /// <param name="logger">Where a lost connection is reported; null is nowhere.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it and what would be right.</exception>
    public VoiceMappingManager(NpgsqlDataSource dataSource, VideoVoiceOptions? options = null, ILogger<VoiceMappingManager>? logger = null)
        : this(new Database(dataSource, logger)) => VideoVoiceOptionsValidator.Checked(options, dataSource);

    internal VoiceMappingManager(Database database) => _database = database;

    /// <summary>Reads a mapping by its voice_id, case and all (<c>get_voice_mapping.sql</c>). <see cref="ResolveVoiceMappingAsync"/> finds the one for a character.</summary>
    /// <returns>The mapping, or null when there is none.</returns>
    /// <exception cref="ArgumentException">The voice_id is empty or longer than 50 characters.</exception>
    public Task<VoiceMapping?> GetVoiceMappingAsync(string voiceId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<VoiceMapping>("voice_mappings/get_voice_mapping", new { voiceId = Check.Text(voiceId, 50) }, transaction, cancellationToken);

    /// <summary>Reads a mapping by its primary key (<c>get_voice_mapping_by_id.sql</c>).</summary>
    /// <returns>The mapping, or null when there is none.</returns>
    /// <exception cref="ArgumentException">The id is all zeros.</exception>
    public Task<VoiceMapping?> GetVoiceMappingByIdAsync(Guid id, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<VoiceMapping>("voice_mappings/get_voice_mapping_by_id", new { id = Check.Id(id) }, transaction, cancellationToken);

    /// <summary>Reads the default mapping (<c>get_default_voice_mapping.sql</c>).</summary>
    /// <returns>The mapping, or null on a database where none was ever made the default.</returns>
    public Task<VoiceMapping?> GetDefaultVoiceMappingAsync(NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<VoiceMapping>("voice_mappings/get_default_voice_mapping", null, transaction, cancellationToken);

    /// <summary>All mappings by display name (<c>list_voice_mappings.sql</c>).</summary>
    public Task<IReadOnlyList<VoiceMapping>> ListVoiceMappingsAsync(NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.ListAsync<VoiceMapping>("voice_mappings/list_voice_mappings", null, transaction, cancellationToken);

    /// <summary>
    /// The mapping of a character (<c>resolve_voice_mapping.sql</c>): the one whose voice_id is the name, else equals it without regard to case
    /// (letters beyond ASCII follow the database's locale), else the default mapping if the setting <c>fallback_to_default</c> is true.
    /// </summary>
    /// <returns>The mapping, or null when there is none and no fall-back.</returns>
    /// <exception cref="ArgumentException">The name is empty or longer than 100 characters.</exception>
    public Task<VoiceMapping?> ResolveVoiceMappingAsync(string characterName, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.SingleOrDefaultAsync<VoiceMapping>("voice_mappings/resolve_voice_mapping", new { characterName = Check.Text(characterName, 100) }, transaction, cancellationToken);

    /// <summary>Inserts the mapping, or updates the one of the same voice_id (<c>set_voice_mapping.sql</c>).</summary>
    /// <returns>The primary key.</returns>
    /// <exception cref="ArgumentException">A text is empty or too long; gender or quality is none of the allowed words.</exception>
    public async Task<Guid> SetVoiceMappingAsync(NewVoiceMapping mapping, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return await _database.ScalarAsync<Guid>("voice_mappings/set_voice_mapping", mapping.Checked(nameof(mapping)), transaction, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a mapping the default, and the one that was it no longer (<c>set_default_voice_mapping.sql</c>).</summary>
    /// <returns>False when there is no such voice_id; the default stays then.</returns>
    /// <exception cref="ArgumentException">The voice_id is empty or longer than 50 characters.</exception>
    public async Task<bool> SetDefaultVoiceMappingAsync(string voiceId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        await _database.ScalarAsync<bool>("voice_mappings/set_default_voice_mapping", new { voiceId = Check.Text(voiceId, 50) }, transaction, cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes a mapping (<c>delete_voice_mapping.sql</c>). Requests are looked at through an index of page ranges, not one by one.</summary>
    /// <returns><see cref="WriteOutcome.Applied"/>, <see cref="WriteOutcome.NotFound"/>, or <see cref="WriteOutcome.NotAllowed"/> when it is the default or requests refer to it. A repeat is <see cref="WriteOutcome.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">The voice_id is empty or longer than 50 characters.</exception>
    public Task<WriteOutcome> DeleteVoiceMappingAsync(string voiceId, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default) =>
        _database.OutcomeAsync("voice_mappings/delete_voice_mapping", new { voiceId = Check.Text(voiceId, 50) }, transaction, cancellationToken);

    /// <summary>
    /// Inserts or updates all mappings and settings of a configuration file, all or nothing (<c>import_voice_configuration.sql</c>).
    /// The mapping with the voice_id <c>default</c> becomes the default. What the file does not name stays.
    /// </summary>
    /// <param name="configuration">What <see cref="VoiceConfiguration.Parse"/> read.</param>
    /// <param name="transaction">An open transaction to join, or null.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public Task ImportVoiceConfigurationAsync(
        VoiceConfiguration configuration, NpgsqlTransaction? transaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return _database.ExecuteAsync(
            "voice_mappings/import_voice_configuration",
            new
            {
                voiceIds = configuration.Mappings.Select(m => m.VoiceId).ToArray(),
                voiceNames = configuration.Mappings.Select(m => m.VoiceName).ToArray(),
                voiceFiles = configuration.Mappings.Select(m => m.VoiceFile).ToArray(),
                descriptions = configuration.Mappings.Select(m => m.Description).ToArray(),
                genders = configuration.Mappings.Select(m => m.Gender).ToArray(),
                languages = configuration.Mappings.Select(m => m.Language).ToArray(),
                qualities = configuration.Mappings.Select(m => m.Quality).ToArray(),
                settingKeys = configuration.Settings.Keys.ToArray(),
                settingValues = configuration.Settings.Values.ToArray(),
            },
            transaction,
            cancellationToken);
    }
}
