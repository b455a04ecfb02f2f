namespace VideoVoice.Data.Voices;

/// <summary>A conversation as the arrays that unnest takes, checked one by one.</summary>
internal static class NewVoiceRequests
{
    internal static (Guid[] ids, Guid?[] voiceMappingIds, string[] characterNames, string[] textContents, int[] maxAttempts) Columns(
        IReadOnlyList<NewVoiceRequest> requests, VideoVoiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > VoiceManager.MaxPosition + 1)
            throw new ArgumentException($"The list has {requests.Count} requests; a video holds {VoiceManager.MaxPosition + 1}.", nameof(requests));

        var count = requests.Count;
        var (ids, mappings, names, texts, maxAttempts) = (new Guid[count], new Guid?[count], new string[count], new string[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            var request = (requests[i] ?? throw new ArgumentException("The request is null.", $"requests[{i}]")).Checked($"requests[{i}]");
            if (request.Position is not null)
                throw new ArgumentException("In a list the place is the position. Leave it null, or create the request alone.", $"requests[{i}].Position");
            if (request.Id is not null)
                throw new ArgumentException("In a list each request gets a new id. Leave it null, or create the request alone.", $"requests[{i}].Id");

            ids[i] = Guid.CreateVersion7();
            mappings[i] = request.VoiceMappingId;
            names[i] = request.CharacterName;
            texts[i] = request.TextContent;
            maxAttempts[i] = request.MaxAttempts ?? options.MaxAttempts;
        }

        return (ids, mappings, names, texts, maxAttempts);
    }
}
