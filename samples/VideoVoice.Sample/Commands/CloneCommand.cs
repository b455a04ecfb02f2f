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
        var once = new Option<bool>("--once") { Description = "Ends when nothing is pending, instead of at Ctrl+C." };
        var output = Invocation.OutputOption();
        var command = new Command("clone", "Speaks pending lines, three at once.") { once, output };
        command.SetAction(async (services, parsed, token) =>
        {
            var screen = Screen.Create();
            var synthesizer = await SpeechSynthesizers.FindAsync(Cloner.DefaultLanguage, token);
            screen.Line($"{ClonerLoop.Workers} cloners write {synthesizer.Description}.");
            var cloner = new Cloner(synthesizer, parsed.GetRequiredValue(output).FullName);
            await new ClonerLoop(services.GetRequiredService<VoiceManager>(), cloner, screen.Line).RunAsync(parsed.GetValue(once), token);
            return 0;
        });
        return command;
    }
}
