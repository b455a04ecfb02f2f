namespace VideoVoice.Data;

/// <summary>A voice request to create, for <see cref="VoiceManager.CreateVoiceRequestsAsync"/>; its place in the list is its position.</summary>
/// <param name="CharacterName">Who speaks, 1 to 100 characters.</param>
/// <param name="TextContent">What is said; not empty.</param>
/// <param name="VoiceMappingId">The mapping of the voice; null takes the one that the character's name resolves to now or, where there is none yet, when the request is claimed.</param>
public sealed record NewVoiceRequest(string CharacterName, string TextContent, Guid? VoiceMappingId = null);
