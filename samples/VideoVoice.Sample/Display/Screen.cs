using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;
using Spectre.Console.Rendering;
using VideoVoice.Data;

namespace VideoVoice.Sample.Display;

/// <summary>Standard output: bars and colours on a terminal, plain lines when piped.</summary>
internal sealed class Screen
{
    // So wide that no table cell is broken when another program reads it.
    private const int PipedWidth = 1000;

    private readonly IAnsiConsole _console;
    private readonly bool _terminal;

    private Screen(IAnsiConsole console, bool terminal)
    {
        _console = console;
        _terminal = terminal;
    }

    public static Screen Create()
    {
        var terminal = !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (!terminal)
            console.Profile.Width = PipedWidth;

        return new Screen(console, terminal);
    }

    /// <summary>A table cell. Texts come from a database: what a terminal would obey becomes a space.</summary>
    public static IRenderable Cell(object? value) => new Text(Plain($"{value}"));

    /// <summary>Writes one line.</summary>
    public void Line(string text) => _console.Profile.Out.Writer.WriteLine(Plain(Composition.WithoutPasswords(text)));

    public void Table(Table table) => _console.Write(table);

    /// <summary>Shows the counts as they come, until they end.</summary>
    public Task ShowProgressAsync(IAsyncEnumerable<VideoProcessingStatus> counts) =>
        _terminal ? ShowBarsAsync(counts) : ShowLinesAsync(counts);

    /// <summary>Shows a video and a table of its lines, in the order of its conversation.</summary>
    /// <exception cref="SampleException">There is no such video.</exception>
    public async Task ShowVideoAsync(IServiceProvider services, Guid id, CancellationToken cancellationToken)
    {
        var video = id == Guid.Empty ? null : await services.GetRequiredService<VideoManager>().GetVideoAsync(id, cancellationToken: cancellationToken);
        if (video is null)
            throw new SampleException($"There is no video {id}.");

        var mappings = await services.GetRequiredService<VoiceMappingManager>().ListVoiceMappingsAsync(cancellationToken: cancellationToken);
        var names = mappings.ToDictionary(mapping => mapping.Id, mapping => mapping.VoiceId);
        var table = new Table().AddColumns("#", "From", "Text", "Voice", "State", "Duration", "Path");
        foreach (var line in await services.GetRequiredService<VoiceManager>().ListVoicesAsync(id, cancellationToken: cancellationToken))
        {
            var voice = line.VoiceMappingId is { } mapping ? names.GetValueOrDefault(mapping) : null;
            table.AddRow(
                Cell(line.Position + 1), Cell(line.CharacterName), Cell(line.TextContent), Cell(voice), Cell(line.Status),
                Cell(await DurationAsync(line.OutputAudioPath, cancellationToken)), Cell(line.OutputAudioPath ?? line.ErrorMessage));
        }

        Table(table);
        Line($"Video {video.Id} ({video.Title}): {video.Status}{(video.ErrorMessage is null ? "" : $", {video.ErrorMessage}")}");
        foreach (var image in video.WhatsappImagesPaths ?? [])
            Line($"Image: {image}");
        if (video.OutputVideoPath is not null)
            Line($"Audio: {video.OutputVideoPath}, {await DurationAsync(video.OutputVideoPath, cancellationToken)}");
    }

    private static async Task<string> DurationAsync(string? path, CancellationToken cancellationToken) =>
        await Verification.TryReadDurationAsync(path, cancellationToken) is { } duration ? $"{duration.TotalSeconds:0.00} s" : "";

    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private async Task ShowLinesAsync(IAsyncEnumerable<VideoProcessingStatus> counts)
    {
        await foreach (var now in counts)
            Line(Describe(now));
    }

    private Task ShowBarsAsync(IAsyncEnumerable<VideoProcessingStatus> counts) =>
        _console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask("Voices");
            await foreach (var now in counts)
            {
                bar.MaxValue = Math.Max(1, now.TotalVoices);
                bar.Value = now.TotalVoices == 0 ? 1 : now.TotalVoices - now.PendingVoices;
                bar.Description = Describe(now);
            }
        });

    private static string Describe(VideoProcessingStatus now) =>
        $"Voices: {now.CompletedVoices} of {now.TotalVoices} completed{(now.FailedVoices == 0 ? "" : $", {now.FailedVoices} failed")}";
}
