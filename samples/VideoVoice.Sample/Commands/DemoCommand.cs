using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data;
using VideoVoice.Data.Testing;
using VideoVoice.Sample.Audio;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>Without a sub-command: the whole job, both services in one process.</summary>
internal static class DemoCommand
{
    public static RootCommand Create()
    {
        var output = Invocation.OutputOption();
        var root = new RootCommand("Makes a video's audio from a conversation, through a PostgreSQL of its own or the one that the environment names.") { output };
        root.SetAction((parsed, token) => RunAsync(parsed.GetRequiredValue(output).FullName, token));
        return root;
    }

    private static async Task<int> RunAsync(string folder, CancellationToken cancellationToken)
    {
        var screen = Screen.Create();
        await using var own = Composition.IsServerConfigured ? null : await StartServerAsync(screen, cancellationToken);
        await using var services = Composition.Connect(own?.GetConnectionString("video_voice_integration"));

        var done = await Composition.InitializeAsync(services, cancellationToken);
        screen.Line($"Schema version {done.Version}; voices imported.");

        var conversation = await Conversation.ReadAsync(Path.Combine(Composition.DataFolder, "conversation.json"), cancellationToken);
        var video = await services.GetRequiredService<Generator>().CreateAsync(conversation, cancellationToken);
        screen.Line($"Video {video}: {conversation.Lines.Count} lines.");

        var synthesizer = await SpeechSynthesizers.FindAsync(Cloner.DefaultLanguage, cancellationToken);
        screen.Line($"{ClonerLoop.Workers} cloners write {synthesizer.Description}.");

        // A cloner that cannot go on ends the waiting as well.
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(CloneAsync(), screen.ShowProgressAsync(services.GetRequiredService<VoiceProgress>().WatchAsync(video, both.Token)));

        return await GenerateCommand.CompleteAsync(services, screen, video, conversation, folder, cancellationToken);

        async Task CloneAsync()
        {
            try
            {
                await new ClonerLoop(services.GetRequiredService<VoiceManager>(), new Cloner(synthesizer, folder)).RunAsync(untilEmpty: true, both.Token);
            }
            catch
            {
                await both.CancelAsync();
                throw;
            }
        }
    }

    private static async Task<LocalPostgres> StartServerAsync(Screen screen, CancellationToken cancellationToken)
    {
        var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Log = screen.Line }, cancellationToken);
        screen.Line($"PostgreSQL {postgres.ServerVersion} of this demonstration: port {postgres.Port}, process {postgres.ProcessId}, folder {postgres.Folder}");
        return postgres;
    }
}
