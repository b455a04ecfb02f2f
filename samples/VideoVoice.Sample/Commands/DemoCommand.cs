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
        var connectionString = own?.GetConnectionString("video_voice_integration");
        await using var services = Composition.Connect(connectionString);

        var done = await Composition.InitializeAsync(services, cancellationToken);
        screen.Line($"Schema version {done.Version}; voices imported.");

        var conversation = await Conversation.ReadAsync(Path.Combine(Composition.DataFolder, "conversation.json"), cancellationToken);
        var video = await services.GetRequiredService<Generator>().CreateAsync(conversation, cancellationToken);
        screen.Line($"Video {video}: {conversation.Lines.Count} lines.");

        var synthesizer = await SpeechSynthesizers.FindAsync(Cloner.DefaultLanguage, cancellationToken);
        screen.Line($"{Composition.Cloners} cloners write {synthesizer.Description}.");

        using (var host = Composition.CreateClonerHost(connectionString, new Cloner(synthesizer, folder)))
        {
            await host.StartAsync(cancellationToken);
            await screen.ShowProgressAsync(services.GetRequiredService<VoiceManager>().WatchAsync(video, cancellationToken));
            await host.StopAsync(cancellationToken);
        }

        return await GenerateCommand.CompleteAsync(services, screen, video, conversation, folder, cancellationToken);
    }

    private static async Task<LocalPostgres> StartServerAsync(Screen screen, CancellationToken cancellationToken)
    {
        var postgres = await LocalPostgres.StartAsync(new LocalPostgresOptions { UseExistingServer = false, Log = screen.Line }, cancellationToken);
        screen.Line($"PostgreSQL {postgres.ServerVersion} of this demonstration: port {postgres.Port}, process {postgres.ProcessId}, folder {postgres.Folder}");
        return postgres;
    }
}
