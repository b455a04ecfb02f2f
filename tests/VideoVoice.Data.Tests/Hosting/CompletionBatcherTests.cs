using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class CompletionBatcherTests : DatabaseTest
{
    [Test]
    public async Task One_that_cannot_be_stored_does_not_keep_the_others_of_its_batch_back()
    {
        var video = await CreateVideoAsync("one", "two", "three");
        var claimed = await Voices.ClaimVoicesAsync("w", 3, TimeSpan.FromMinutes(1), cancellationToken: Token);
        var batches = new CompletionBatcher(completions => Voices.CompleteVoicesAsync(completions, cancellationToken: Token), 100);

        // Left at once, they are one batch.
        var first = batches.CompleteAsync(new VoiceCompletion(claimed[0].Fence, "/one.wav"), Token);
        var bad = batches.CompleteAsync(new VoiceCompletion(claimed[1].Fence, " "), Token);
        var last = batches.CompleteAsync(new VoiceCompletion(claimed[2].Fence, "/three.wav"), Token);

        Assert.That(async () => await bad, Throws.ArgumentException);
        Assert.That(new[] { await first, await last }, Is.All.EqualTo(WriteOutcome.Applied));
        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        Assert.That(voices.Select(v => v.OutputAudioPath), Is.EqualTo(new[] { "/one.wav", null, "/three.wav" }));
    }

    [Test]
    public async Task A_second_batch_starts_beside_the_first_only_when_it_is_full_and_a_third_waits()
    {
        var sent = new List<int>();
        var answer = new TaskCompletionSource();
        var batches = new CompletionBatcher(SendAsync, 40);
        var first = batches.CompleteAsync(Completion(), Token);
        Assert.That(() => Sizes(), Is.EqualTo(new[] { 1 }).After(5_000, 5));

        var others = Enumerable.Range(0, 19).Select(_ => batches.CompleteAsync(Completion(), Token)).ToList();
        Assert.That(() => Sizes(), Has.Length.EqualTo(1).After(100), "nineteen are no half of the capacity");
        others.Add(batches.CompleteAsync(Completion(), Token));
        Assert.That(() => Sizes(), Is.EqualTo(new[] { 1, 20 }).After(5_000, 5));
        others.AddRange(Enumerable.Range(0, 30).Select(_ => batches.CompleteAsync(Completion(), Token)));
        Assert.That(() => Sizes(), Has.Length.EqualTo(2).After(100), "two are under way");
        answer.SetResult();

        Assert.That(await Task.WhenAll([first, .. others]), Is.All.EqualTo(WriteOutcome.Applied));
        Assert.That(Sizes()[2..], Is.EquivalentTo(new[] { 20, 10 }));

        int[] Sizes()
        {
            lock (sent)
                return [.. sent];
        }

        async Task<IReadOnlyList<VoiceOutcome>> SendAsync(IReadOnlyList<VoiceCompletion> completions)
        {
            lock (sent)
                sent.Add(completions.Count);
            await answer.Task;
            return [.. completions.Select(c => new VoiceOutcome(c.Fence.VoiceId, WriteOutcome.Applied))];
        }

        static VoiceCompletion Completion() => new(new VoiceFence(Guid.NewGuid(), 1), "/a.wav");
    }
}
