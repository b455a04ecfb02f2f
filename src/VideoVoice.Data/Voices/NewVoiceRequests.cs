namespace VideoVoice.Data.Internal;

/// <summary>A conversation as the arrays that unnest takes, checked one by one.</summary>
internal static class NewVoiceRequests
{
    internal static (Guid[] ids, Guid?[] voiceMappingIds, string[] characterNames, string[] textContents) Check(IReadOnlyList<NewVoiceRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > VoiceManager.MaxPosition + 1)
            throw new ArgumentException($"The list has {requests.Count} requests; a video holds {VoiceManager.MaxPosition + 1}.", nameof(requests));

        var (ids, mappings, names, texts) = (new Guid[requests.Count], new Guid?[requests.Count], new string[requests.Count], new string[requests.Count]);
        for (var i = 0; i < requests.Count; i++)
        {
            var request = requests[i] ?? throw new ArgumentException("The request is null.", $"requests[{i}]");
            ids[i] = Guid.CreateVersion7();
            mappings[i] = Internal.Check.OptionalId(request.VoiceMappingId, $"requests[{i}].VoiceMappingId");
            names[i] = Internal.Check.Text(request.CharacterName, 100, $"requests[{i}].CharacterName");
            texts[i] = Internal.Check.Text(request.TextContent, null, $"requests[{i}].TextContent");
        }

        return (ids, mappings, names, texts);
    }
}
