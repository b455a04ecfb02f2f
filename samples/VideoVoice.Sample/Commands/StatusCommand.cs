using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;
using VideoVoice.Data;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>Shows the newest videos and the queue, or one video with its lines.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("ID") { Description = "A video; without one, the newest 20 and the queue.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("status", "Shows the videos and the queue, or one video with its lines.") { id };
        command.SetAction(async (services, parsed, token) =>
        {
            var screen = Screen.Create();
            if (parsed.GetValue(id) is { } text)
                await screen.ShowVideoAsync(services, Guid.TryParse(text, out var video) ? video : throw new SampleException($"'{text}' is no id of a video, such as {Guid.Empty}."), token);
            else
                await ShowAllAsync(services.GetRequiredService<StatusManager>(), screen, token);
            return 0;
        });
        return command;
    }

    private static async Task ShowAllAsync(StatusManager status, Screen screen, CancellationToken cancellationToken)
    {
        var table = new Table().AddColumns("Video", "Title", "State", "Created (UTC)", "Voices", "Completed", "Failed", "Pending");
        foreach (var video in await status.ListVideoProcessingStatusAsync(limit: 20, cancellationToken: cancellationToken))
        {
            table.AddRow(
                Screen.Cell(video.VideoId), Screen.Cell(video.Title), Screen.Cell(video.VideoStatus), Screen.Cell($"{video.VideoCreatedAt:yyyy-MM-dd HH:mm:ss}"),
                Screen.Cell(video.TotalVoices), Screen.Cell(video.CompletedVoices), Screen.Cell(video.FailedVoices), Screen.Cell(video.PendingVoices));
        }

        screen.Table(table);
        var queue = await status.GetQueueStatisticsAsync(cancellationToken: cancellationToken);
        var age = queue.OldestPendingAge is { } oldest ? $", the oldest since {oldest.TotalSeconds:0} s" : "";
        screen.Line($"Queue: {queue.PendingVoices} pending{age}; {queue.ProcessingVoices} processing");
    }
}
