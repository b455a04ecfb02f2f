using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class SynthesizerErrorTests : WorkerTest
{
    public static IEnumerable<TestCaseData> Errors =>
    [
        Case("throws", async _ => { await Task.Yield(); throw new InvalidOperationException("No such voice."); }, VoiceStatus.Pending, "No such voice."),
        Case("throws before it returns a task", _ => throw new InvalidOperationException("At once."), VoiceStatus.Pending, "At once."),
        Case("throws for good", _ => throw new PermanentVoiceException("No Portuguese."), VoiceStatus.Failed, "No Portuguese."),
        Case("is cancelled for reasons of its own", _ => throw new OperationCanceledException("The model timed out."), VoiceStatus.Pending, "The model timed out."),
        Case("returns too long a path", _ => Task.FromResult(new SynthesizedVoice(new string('p', 501))), VoiceStatus.Pending, "The text has 501 characters; the column holds 500."),
        Case("returns an empty path", _ => Task.FromResult(new SynthesizedVoice(" ")), VoiceStatus.Pending, "OutputAudioPath"),
        Case("returns null", _ => Task.FromResult<SynthesizedVoice>(null!), VoiceStatus.Pending, "SynthesizeAsync returned null."),
        Case("throws a text with U+0000", _ => throw new InvalidOperationException("a\0b"), VoiceStatus.Pending, "a b"),
        Case("throws nothing but U+0000", _ => throw new InvalidOperationException("\0"), VoiceStatus.Pending, "InvalidOperationException"),
        Case("throws half a surrogate pair", _ => throw new InvalidOperationException("a\ud800b"), VoiceStatus.Pending, "a\ufffdb"),
    ];

    [TestCaseSource(nameof(Errors))]
    public async Task The_error_is_kept_and_the_worker_goes_on_when_the_synthesizer(
        Func<VoiceRequest, Task<SynthesizedVoice>> synthesize, VoiceStatus status, string message)
    {
        var bad = await CreateVideoAsync("bad");
        var good = await CreateVideoAsync("good");
        await StartWorkerAsync((request, _) => request.TextContent == "bad" ? synthesize(request) : Task.FromResult(new SynthesizedVoice("/good.wav")));

        await OnlyVoiceAsync(good, VoiceStatus.Completed);

        var voice = await OnlyVoiceAsync(bad, status);
        var errors = await Voices.ListVoiceErrorsAsync(voice.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voice.ErrorMessage, Does.Contain(message));
            Assert.That(voice.Attempt, Is.EqualTo(1));
            Assert.That(voice.AvailableAt, status == VoiceStatus.Pending ? Is.GreaterThan(voice.CreatedAt) : Is.Null);
            Assert.That(errors.Select(e => (e.Attempt, e.Message)), Is.EqualTo(new[] { (1, voice.ErrorMessage) }));
            Assert.That((Logged(103), Logged(115)), Is.EqualTo(status == VoiceStatus.Pending ? (1, 0) : (0, 1)));
            Assert.That(Logged(107), Is.Zero);
        }
    }

    [Test]
    public async Task Remote_audio_is_reported_as_remote()
    {
        var video = await CreateVideoAsync("remote");
        await StartWorkerAsync((_, _) => Task.FromResult(new SynthesizedVoice("audio/1.wav", "s3://bucket/1.wav")));

        var voice = await OnlyVoiceAsync(video, VoiceStatus.Completed);

        Assert.That((voice.OutputAudioPath, voice.IsLocalStorage, voice.RemoteStoragePath), Is.EqualTo(("audio/1.wav", false, "s3://bucket/1.wav")));
    }

    private static TestCaseData Case(string name, Func<VoiceRequest, Task<SynthesizedVoice>> synthesize, VoiceStatus status, string message) =>
        new TestCaseData(synthesize, status, message).SetArgDisplayNames(name);
}
