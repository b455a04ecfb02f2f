using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

public sealed class ToneSynthesizerTests
{
    private readonly ToneSynthesizer _tone = new("espeak-ng is not installed");
    private AudioFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new AudioFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("Oi Bruno, tudo bem?", 19)]
    [TestCase("é", 1)]
    [TestCase("👨‍👩‍👧🎉", 2, Description = "What a reader sees as one character counts as one")]
    public async Task The_tone_lasts_55_ms_a_character(string text, int characters)
    {
        var duration = await SynthesizeAsync(text, "aluno", "a.wav");

        Assert.That(duration.TotalMilliseconds, Is.EqualTo(55 * characters).Within(0.1));
        Assert.That((await WavFile.ReadHeaderAsync(_folder["a.wav"], CancellationToken.None)).Duration, Is.EqualTo(duration));
    }

    [Test]
    public async Task Each_voice_has_its_frequency()
    {
        string[] voices = ["aluno", "professora", "default"];
        Assert.That(voices.Select(ToneSynthesizer.FrequencyOf), Is.Unique.And.All.InRange(130, 524));

        foreach (var voice in voices)
        {
            var duration = await SynthesizeAsync(new string('a', 40), voice, voice);
            var samples = RawWav.Samples(_folder[voice]);
            var rises = samples.Zip(samples.Skip(1)).Count(pair => pair.First <= 0 && pair.Second > 0);
            Assert.That(rises / duration.TotalSeconds, Is.EqualTo(ToneSynthesizer.FrequencyOf(voice)).Within(1), voice);
        }
    }

    [Test]
    public void A_voice_has_the_same_frequency_in_every_process() =>
        Assert.That(ToneSynthesizer.FrequencyOf("aluno"), Is.EqualTo(155.56).Within(0.01));

    [Test]
    public async Task The_tone_fades_in_and_out()
    {
        await SynthesizeAsync("Tudo bem?", "professora", "a.wav");

        var loudness = RawWav.Samples(_folder["a.wav"]).Select(sample => Math.Abs((int)sample)).ToArray();
        Assert.That(loudness.Max(), Is.GreaterThan(9_000));
        Assert.That(loudness[..22].Max(), Is.LessThan(1_000), "the first millisecond");
        Assert.That(loudness[^22..].Max(), Is.LessThan(1_000), "the last millisecond");
    }

    [Test]
    public void Empty_text_is_refused() =>
        Assert.That(() => SynthesizeAsync(" ", "aluno", "a.wav"), Throws.ArgumentException.With.Property("ParamName").EqualTo("text"));

    private Task<TimeSpan> SynthesizeAsync(string text, string voiceId, string name) =>
        _tone.SynthesizeAsync(text, voiceId, "pt-br", _folder[name], CancellationToken.None);
}
