using System.Text.Json;
using VideoVoice.Data;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Sample;

/// <summary>The video generator: creates a video with its voice requests, and finishes it when all voices are there.</summary>
internal sealed class Generator(VideoManager videos, VoiceManager voices, VoiceMappingManager mappings)
{
    /// <summary>The silence between two lines of the finished video.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Creates the video and one request for each line, all or nothing.</summary>
    /// <returns>The video's id.</returns>
    /// <exception cref="SampleException">A speaker has no voice, or a text cannot be stored. Nothing is written.</exception>
    public async Task<Guid> CreateAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        try
        {
            var characters = new Dictionary<string, Guid>();
            foreach (var character in conversation.Lines.Select(line => line.From).Distinct())
            {
                var mapping = await mappings.ResolveVoiceMappingAsync(character, cancellationToken: cancellationToken)
                    ?? throw new SampleException($"{character} has no voice, and there is no default one. Run init, which imports the voices.");
                characters.Add(character, mapping.Id);
            }

            var metadata = JsonSerializer.Serialize(new { source = conversation.Path });
            NewVoiceRequest[] requests = [.. conversation.Lines.Select(line => new NewVoiceRequest(line.From, line.Text, characters[line.From]))];
            var (id, _) = await videos.CreateVideoWithVoicesAsync(new NewVideo(conversation.Title) { Metadata = metadata }, requests, cancellationToken: cancellationToken);
            return id;
        }
        catch (ArgumentException e)
        {
            throw new SampleException($"{conversation.Path} cannot be stored: {e.Message}", e);
        }
    }

    /// <summary>
    /// Adds the WhatsApp images, joins the audio in the conversation's order and completes the video. When a voice is not there or the audio
    /// cannot be joined, the video fails with the reason.
    /// </summary>
    /// <returns>The finished file.</returns>
    /// <exception cref="SampleException">The video failed, or another process finished it.</exception>
    public async Task<string> CompleteAsync(Guid video, Conversation conversation, string folder, CancellationToken cancellationToken)
    {
        try
        {
            var images = await ChatImages.WriteAsync(conversation, Path.Combine(folder, video.ToString()), cancellationToken);
            Require(await videos.UpdateVideoStatusAsync(video, VideoStatus.Processing, images, cancellationToken: cancellationToken));

            var lines = await voices.ListVoicesAsync(video, cancellationToken: cancellationToken);
            if (lines.FirstOrDefault(line => line.Status != VoiceStatus.Completed) is { } open)
                throw new SampleException($"Line {open.Position + 1} of {open.CharacterName} is {open.Status}. {open.ErrorMessage}".TrimEnd());

            var audio = await voices.ListCompletedAudioPathsAsync(video, cancellationToken: cancellationToken);
            if (audio.FirstOrDefault(line => !line.IsLocalStorage || line.OutputAudioPath is null) is { } remote)
                throw new SampleException($"The audio of line {remote.Position + 1} is not on this machine.");

            var output = Path.Combine(folder, video.ToString(), "conversation.wav");
            await WavFile.JoinAsync([.. audio.Select(line => line.OutputAudioPath!)], output, Pause, cancellationToken);
            Require(await videos.UpdateVideoCompletedAsync(video, output, cancellationToken: cancellationToken));
            return output;
        }
        catch (Exception e) when (e is SampleException or IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            await videos.FailVideoAsync(video, e.Message, cancellationToken: CancellationToken.None);
            throw new SampleException($"Video {video} failed: {e.Message}", e);
        }
    }

    private static void Require(WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Applied)
            throw new SampleException($"The database refused the step: {outcome}. Another process has changed the video.");
    }
}
