using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>Follows the voices of a video.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var id = new Argument<Guid>("ID") { Description = "The video." };
        var command = new Command("watch", "Follows the voices of a video until none is open. Exit code 0 when all are completed.") { id };
        command.SetAction(async (services, parsed, token) =>
        {
            var video = parsed.GetRequiredValue(id);
            var status = services.GetRequiredService<StatusManager>();
            if (video == Guid.Empty || await status.GetVideoProcessingStatusAsync(video, cancellationToken: token) is null)
                throw new SampleException($"There is no video {video}.");

            await Screen.Create().ShowProgressAsync(services.GetRequiredService<VoiceManager>().WatchAsync(video, token));
            return await status.CheckVideoVoicesCompletionAsync(video, cancellationToken: token) ? 0 : 1;
        });
        return command;
    }
}
