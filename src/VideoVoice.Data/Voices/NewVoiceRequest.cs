using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>A voice request to create.</summary>
/// <param name="CharacterName">The character whose line it is, 1 to 100 characters.</param>
/// <param name="TextContent">The text to synthesize; not empty.</param>
/// <param name="VoiceMappingId">The mapping of the voice; null takes the one that the character's name resolves to now or, where there is none yet, when the request is claimed.</param>
public sealed record NewVoiceRequest(string CharacterName, string TextContent, Guid? VoiceMappingId = null)
{
    /// <summary>The id to use, by which a repeat finds the request; null makes a new version 7 UUID. Only for a request that is created alone: in a list a repeat finds each by its position.</summary>
    public Guid? Id { get; init; }

    /// <summary>
    /// Place in the conversation, 0 to <see cref="VoiceManager.MaxPosition"/>. Null comes after all that have one, in the order of creation. Only for a
    /// request that is created alone: in a list it is the place in the list.
    /// </summary>
    public int? Position { get; init; }

    /// <summary>Attempts before the request fails for good, 1 to 1,000; null takes <see cref="VideoVoiceOptions.MaxAttempts"/>.</summary>
    public int? MaxAttempts { get; init; }

    internal NewVoiceRequest Checked(string name)
    {
        Check.Text(CharacterName, 100, $"{name}.{nameof(CharacterName)}");
        Check.Text(TextContent, null, $"{name}.{nameof(TextContent)}");
        Check.OptionalId(VoiceMappingId, $"{name}.{nameof(VoiceMappingId)}");
        Check.OptionalId(Id, $"{name}.{nameof(Id)}");
        if (Position is { } position)
            Check.Range(position, 0, VoiceManager.MaxPosition, $"{name}.{nameof(Position)}");
        if (MaxAttempts is { } maxAttempts)
            Check.Range(maxAttempts, 1, 1000, $"{name}.{nameof(MaxAttempts)}");
        return this;
    }
}
