using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>The video generator alone: the requests are synthesized by <c>clone</c> in another process.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A JSON array of objects with from, to and text." };
        var output = Invocation.OutputOption();
        var command = new Command("generate", "Creates a video from a conversation, waits for its voices, joins them and completes the video.") { file, output };
        command.SetAction(async (services, parsed, token) =>
        {
            var screen = Screen.Create();
            var conversation = await Conversation.ReadAsync(parsed.GetRequiredValue(file).FullName, token);
            var video = await services.GetRequiredService<Generator>().CreateAsync(conversation, token);
            screen.Line($"Video {video}: {conversation.Lines.Count} lines. Waiting for a cloner.");
            await screen.ShowProgressAsync(services.GetRequiredService<VoiceManager>().WatchAsync(video, token));
            return await CompleteAsync(services, screen, video, conversation, parsed.GetRequiredValue(output).FullName, token);
        });
        return command;
    }

    /// <summary>Finishes a video whose voices are there, shows it and reads it back.</summary>
    /// <returns>0 when the database and the disk hold all of it; else 1.</returns>
    public static async Task<int> CompleteAsync(
        IServiceProvider services, Screen screen, Guid video, Conversation conversation, string folder, CancellationToken cancellationToken)
    {
        try
        {
            await services.GetRequiredService<Generator>().CompleteAsync(video, conversation, folder, cancellationToken);
        }
        finally
        {
            // Also of a video that failed: the table tells which line it was.
            await screen.ShowVideoAsync(services, video, cancellationToken);
        }

        var faults = await services.GetRequiredService<Verification>().FindFaultsAsync(video, conversation, cancellationToken);
        foreach (var fault in faults)
            StandardError.Line(fault);

        return faults.Count == 0 ? 0 : 1;
    }
}
