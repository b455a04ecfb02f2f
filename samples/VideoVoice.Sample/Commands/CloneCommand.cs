using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data;
using VideoVoice.Sample.Audio;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>The voice cloning service alone.</summary>
internal static class CloneCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "Ends when no request is open, instead of at Ctrl+C." };
        var output = Invocation.OutputOption();
        var command = new Command("clone", "Synthesizes pending requests, three at once.") { once, output };
        command.SetAction(async (services, parsed, token) =>
        {
            var screen = Screen.Create();
            // Without it a worker would wait for a database that was never there.
            await services.GetRequiredService<SchemaInitializer>().GetSchemaVersionAsync(token);

            var synthesizer = await SpeechSynthesizers.FindAsync(Cloner.DefaultLanguage, token);
            screen.Line($"{Composition.Cloners} cloners write {synthesizer.Description}.");
            using var host = Composition.CreateClonerHost(null, new Cloner(synthesizer, parsed.GetRequiredValue(output).FullName, screen.Line));
            await host.StartAsync(token);
            try
            {
                await (parsed.GetValue(once) ? UntilIdleAsync(services, token) : Task.Delay(Timeout.Infinite, token));
            }
            finally
            {
                // What is being synthesized is finished first.
                await host.StopAsync(CancellationToken.None);
            }

            return 0;
        });
        return command;
    }

    private static async Task UntilIdleAsync(IServiceProvider services, CancellationToken token)
    {
        var status = services.GetRequiredService<StatusManager>();
        while (await status.GetQueueStatisticsAsync(cancellationToken: token) is { PendingVoices: > 0 } or { ProcessingVoices: > 0 })
            await Task.Delay(TimeSpan.FromMilliseconds(200), token);
    }
}
