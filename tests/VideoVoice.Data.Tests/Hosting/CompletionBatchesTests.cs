using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class CompletionBatchesTests : DatabaseTest
{
    [Test]
    public async Task One_that_cannot_be_stored_does_not_keep_the_others_of_its_batch_back()
    {
        var video = await CreateVideoAsync("one", "two", "three");
        var claimed = await Voices.ClaimVoicesAsync("w", 3, TimeSpan.FromMinutes(1), cancellationToken: Token);
        var batches = new CompletionBatches(completions => Voices.CompleteVoicesAsync(completions, cancellationToken: Token), 100);

        // Left at once, they are one batch.
        var first = batches.CompleteAsync(new VoiceCompletion(claimed[0].Fence, "/one.wav"), Token);
        var bad = batches.CompleteAsync(new VoiceCompletion(claimed[1].Fence, " "), Token);
        var last = batches.CompleteAsync(new VoiceCompletion(claimed[2].Fence, "/three.wav"), Token);

        Assert.That(async () => await bad, Throws.ArgumentException);
        Assert.That(new[] { await first, await last }, Is.All.EqualTo(Outcome.Applied));
        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        Assert.That(voices.Select(v => v.OutputAudioPath), Is.EqualTo(new[] { "/one.wav", null, "/three.wav" }));
    }
}
