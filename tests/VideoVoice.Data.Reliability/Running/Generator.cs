using System.Collections.Concurrent;
using System.Globalization;
using VideoVoice.Data.Reliability.History;
using VideoVoice.Data.Reliability.Workers;

namespace VideoVoice.Data.Reliability.Running;

/// <summary>
/// Creates videos in each of the ways that there are, waits for them, retries or cancels some, and finishes them; what gets no answer it repeats as
/// docs/reliability.md says. Each video has choices of its own, which the seed gives.
/// </summary>
internal sealed class Generator(VideoManager videos, VoiceManager voices, VoiceManager direct, int seed, IReadOnlyList<Guid> mappings)
{
    private const int MaxAttempts = 30;

    internal ConcurrentQueue<CreatedVideo> Created { get; } = new();

    internal ConcurrentQueue<Wait> Waits { get; } = new();

    /// <summary>What a call answered that none may answer.</summary>
    internal ConcurrentQueue<string> WrongAnswers { get; } = new();

    internal int Finished => _finished;

    private int _finished;

    /// <summary>How many lines the video of this number has.</summary>
    internal int LinesOf(int number)
    {
        var random = RandomOf(number);
        return random.Next(50) == 0 ? random.Next(200, 1000) : random.Next(1, 80);
    }

    internal async Task RunAsync(int number, CancellationToken cancellationToken)
    {
        var random = RandomOf(number);
        _ = random.Next();
        var texts = Enumerable.Range(0, LinesOf(number)).Select(i => string.Create(CultureInfo.InvariantCulture, $"Line {i} of video {number}")).ToList();
        var created = new CreatedVideo(Guid.CreateVersion7(), texts, MaxAttempts);
        Created.Enqueue(created);
        await CreateAsync(created, number, random, cancellationToken);
        created.Acknowledged = true;
        await Repeating.UntilAnsweredAsync(() => videos.UpdateVideoStatusAsync(created.Id, VideoStatus.Processing, cancellationToken: cancellationToken), cancellationToken);
        if (random.Next(20) == 0)
            await Repeating.UntilAnsweredAsync(() => videos.SetVideoPriorityAsync(created.Id, random.Next(3), cancellationToken: cancellationToken), cancellationToken);

        var second = random.Next(5) == 0 ? WaitAsync(direct, created, failFast: false, cancellationToken) : Task.CompletedTask;
        if (random.Next(30) == 0)
        {
            created.Cancelled = true;
            await Repeating.UntilAnsweredAsync(() => videos.CancelVideoAsync(created.Id, cancellationToken: cancellationToken), cancellationToken);
        }

        var result = await WaitAsync(voices, created, failFast: random.Next(10) == 0, cancellationToken);
        await second;
        // A retry ends what a wait promises: so none is running.
        if (result.Status.FailedVoices > 0 && !created.Cancelled && random.Next(2) == 0)
        {
            result = await WaitAsync(voices, created, failFast: false, cancellationToken);
            created.Retried = true;
            await Repeating.UntilAnsweredAsync(() => voices.RetryFailedVoicesAsync(created.Id, cancellationToken: cancellationToken), cancellationToken);
        }

        result = await WaitAsync(voices, created, failFast: false, cancellationToken);
        await FinishAsync(created, result, cancellationToken);
        Interlocked.Add(ref _finished, texts.Count);
    }

    private async Task FinishAsync(CreatedVideo created, VoicesResult result, CancellationToken cancellationToken)
    {
        if (created.Cancelled)
            return;

        if (!result.AllCompleted)
        {
            await Repeating.UntilAnsweredAsync(() => videos.FailVideoAsync(created.Id, "A request failed.", cancellationToken: cancellationToken), cancellationToken);
            return;
        }

        var outcome = await Repeating.UntilAnsweredAsync(() => videos.UpdateVideoCompletedAsync(created.Id, $"/{created.Id:N}.mp4", cancellationToken: cancellationToken), cancellationToken);
        created.Completed = outcome == WriteOutcome.Applied;
        if (!created.Completed)
            WrongAnswers.Enqueue($"The completion of video {created.Id} was answered {outcome}.");
    }

    private async Task CreateAsync(CreatedVideo created, int number, Random random, CancellationToken cancellationToken)
    {
        var video = new NewVideo($"Video {number}") { Id = created.Id };
        var requests = created.Texts.Select(text => new NewVoiceRequest("Aluno", text, random.Next(2) == 0 ? mappings[random.Next(mappings.Count)] : null) { MaxAttempts = MaxAttempts }).ToList();
        switch (random.Next(4))
        {
            case 0:
                await Repeating.UntilAnsweredAsync(() => videos.CreateVideoAsync(video, cancellationToken: cancellationToken), cancellationToken);
                await Repeating.UntilAnsweredAsync(() => voices.CreateVoiceRequestsAsync(created.Id, requests, cancellationToken: cancellationToken), cancellationToken);
                break;
            case 1 when requests.Count < 20:
                await Repeating.UntilAnsweredAsync(() => videos.CreateVideoAsync(video, cancellationToken: cancellationToken), cancellationToken);
                foreach (var (position, line) in requests.Index())
                {
                    var request = line with { Id = Guid.CreateVersion7(), Position = position };
                    var result = await Repeating.UntilAnsweredAsync(() => voices.CreateVoiceRequestAsync(created.Id, request, cancellationToken: cancellationToken), cancellationToken);
                    if (result.Id != request.Id)
                        WrongAnswers.Enqueue($"The request {request.Id} was created as {result.Id}.");
                }

                break;
            default:
                var answer = await Repeating.UntilAnsweredAsync(() => videos.CreateVideoWithVoicesAsync(video, requests, cancellationToken: cancellationToken), cancellationToken);
                if (answer.Id != created.Id)
                    WrongAnswers.Enqueue($"The video {created.Id} was created as {answer.Id}.");
                break;
        }
    }

    private async Task<VoicesResult> WaitAsync(VoiceManager manager, CreatedVideo created, bool failFast, CancellationToken cancellationToken)
    {
        var started = HistoryFile.Now;
        // Its connections are repeated by the wait itself; this repeats what the server refuses.
        var result = await Repeating.UntilAnsweredAsync(async () => await manager.WaitForVoicesAsync(created.Id, failFast, cancellationToken)
            ?? throw new InvalidOperationException($"A wait found no video {created.Id}."), cancellationToken);
        var status = result.Status;
        Waits.Enqueue(new Wait(created.Id, status.CompletedVoices, status.FailedVoices, status.TotalVoices, failFast, [.. result.Audio.Select(a => a.OutputAudioPath ?? "")], started, HistoryFile.Now, TimeSpan.Zero));
        return result;
    }

    private Random RandomOf(int number) => new(unchecked(seed * 1_000_003 + number));
}
