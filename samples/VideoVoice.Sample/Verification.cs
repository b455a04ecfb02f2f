using VideoVoice.Data;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Sample;

/// <summary>Reads a finished video back from the database and the disk.</summary>
internal sealed class Verification(VideoManager videos, VoiceManager voices, StatusManager status)
{
    /// <summary>Compares a video with the conversation that it was made from.</summary>
    /// <returns>What is not as it should be; an empty list when all is.</returns>
    public async Task<IReadOnlyList<string>> FindFaultsAsync(Guid id, Conversation conversation, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        if (await videos.GetVideoAsync(id, cancellationToken: cancellationToken) is not { } video)
            return [$"There is no video {id}."];

        var lines = await voices.ListVoicesAsync(id, cancellationToken: cancellationToken);
        Check(video.Status == VideoStatus.Completed && video.CompletedAt is not null, $"The video is {video.Status}, completed at {video.CompletedAt?.ToString("u") ?? "no time"}.");
        Check(video.WhatsappImagesPaths is { Count: > 0 } images && images.All(File.Exists), "The WhatsApp images are not there.");
        Check(await status.CheckVideoVoicesCompletionAsync(id, cancellationToken: cancellationToken), "Not all voices are completed.");
        Check(lines.Select(line => (line.CharacterName, line.TextContent)).SequenceEqual(conversation.Lines.Select(line => ((string?)line.From, line.Text)))
            && lines.Select(line => line.Position).SequenceEqual(Enumerable.Range(0, lines.Count).Select(i => (int?)i)), "The lines are not those of the conversation.");
        Check(lines.All(line => line.VoiceMappingId is not null), "A line has no voice.");
        Check(lines.All(line => Path.IsPathFullyQualified(line.OutputAudioPath ?? "")), "A line has no absolute path.");

        // The durations add up only when every line is in the joined file once.
        var expected = (lines.Count - 1) * Generator.Pause;
        foreach (var line in lines)
            expected += await DurationAsync(line.OutputAudioPath, $"line {line.Position + 1}");

        var joined = await DurationAsync(video.OutputVideoPath, "the video");
        Check((joined - expected).Duration() < TimeSpan.FromMilliseconds(10), $"The video lasts {joined.TotalSeconds:0.000} s; its lines and pauses last {expected.TotalSeconds:0.000} s.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }

        async Task<TimeSpan> DurationAsync(string? path, string name)
        {
            var duration = await TryReadDurationAsync(path, cancellationToken);
            Check(duration > TimeSpan.Zero, $"The audio of {name} cannot be read: {path ?? "no path"}.");
            return duration ?? TimeSpan.Zero;
        }
    }

    /// <summary>How long a file lasts; null when it is missing or no WAV file.</summary>
    public static async Task<TimeSpan?> TryReadDurationAsync(string? path, CancellationToken cancellationToken)
    {
        try
        {
            return path is null ? null : (await WavFile.ReadHeaderAsync(path, cancellationToken)).Duration;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
