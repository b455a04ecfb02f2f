using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

[CancelAfter(60_000)]
public sealed class EspeakSynthesizerTests
{
    private readonly EspeakSynthesizer _espeak = new("espeak-ng", "pt-br");
    private AudioFolder _folder = null!;

    [OneTimeSetUp]
    public static async Task RequireEspeak()
    {
        if (await SpeechSynthesizers.FindAsync("pt-br", CancellationToken.None) is not EspeakSynthesizer)
            Assert.Ignore("espeak-ng is missing: apt-get install espeak-ng");
    }

    [SetUp]
    public void CreateFolder() => _folder = new AudioFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task A_line_becomes_a_WAV_file_of_the_returned_duration(CancellationToken cancellationToken)
    {
        var duration = await _espeak.SynthesizeAsync("Oi Bruno, tudo bem?", "aluno", "pt-br", _folder["a.wav"], cancellationToken);

        var header = await WavFile.ReadHeaderAsync(_folder["a.wav"], cancellationToken);
        Assert.That(header.Format, Is.EqualTo(WavFormat.Speech));
        Assert.That(header.Duration, Is.EqualTo(duration));
        Assert.That(duration.TotalSeconds, Is.InRange(0.8, 4));
        Assert.That(RawWav.Samples(_folder["a.wav"]).Max(), Is.GreaterThan(3_000), "silence is no speech");
        Assert.That(BitConverter.ToUInt32(await File.ReadAllBytesAsync(_folder["a.wav"], cancellationToken), 40), Is.EqualTo(header.DataLength));
        Assert.That(_folder.Listing, Is.EqualTo("a.wav"));
    }

    [Test]
    public async Task Each_voice_sounds_different_and_always_the_same(CancellationToken cancellationToken)
    {
        foreach (var voice in new[] { "aluno", "professora", "default", "aluno again" })
            await _espeak.SynthesizeAsync("Tudo ótimo!", voice.Split(' ')[0], "pt-br", _folder[voice], cancellationToken);

        Assert.That(RawWav.Samples(_folder["aluno again"]), Is.EqualTo(RawWav.Samples(_folder["aluno"])));
        Assert.That(RawWav.Samples(_folder["professora"]), Is.Not.EqualTo(RawWav.Samples(_folder["aluno"])));
        Assert.That(RawWav.Samples(_folder["default"]), Is.Not.EqualTo(RawWav.Samples(_folder["aluno"])));
        Assert.That(RawWav.Samples(_folder["default"]), Is.Not.EqualTo(RawWav.Samples(_folder["professora"])));
    }

    [Test]
    public async Task Text_that_looks_like_an_option_is_synthesized(CancellationToken cancellationToken)
    {
        var duration = await _espeak.SynthesizeAsync("--version", "aluno", "pt-br", _folder["a.wav"], cancellationToken);

        Assert.That(duration.TotalSeconds, Is.GreaterThan(0.4));
    }

    [Test]
    public async Task All_lines_of_a_text_are_synthesized(CancellationToken cancellationToken)
    {
        var one = await _espeak.SynthesizeAsync("Primeira linha.", "aluno", "pt-br", _folder["a.wav"], cancellationToken);
        var three = await _espeak.SynthesizeAsync(
            "Primeira linha.\nPrimeira linha.\n\nPrimeira linha.", "aluno", "pt-br", _folder["b.wav"], cancellationToken);

        Assert.That(three, Is.GreaterThan(2.5 * one));
    }

    [Test]
    public async Task A_line_break_within_a_sentence_does_not_end_it(CancellationToken cancellationToken)
    {
        await _espeak.SynthesizeAsync("Uma linha\nquebrada aqui.", "aluno", "pt-br", _folder["a.wav"], cancellationToken);
        await _espeak.SynthesizeAsync("Uma linha quebrada aqui.", "aluno", "pt-br", _folder["b.wav"], cancellationToken);

        Assert.That(RawWav.Samples(_folder["a.wav"]), Is.EqualTo(RawWav.Samples(_folder["b.wav"])));
    }

    [Test]
    public async Task Accents_arrive(CancellationToken cancellationToken)
    {
        var accented = await _espeak.SynthesizeAsync("ééé", "aluno", "pt-br", _folder["a.wav"], cancellationToken);
        var plain = await _espeak.SynthesizeAsync("eee", "aluno", "pt-br", _folder["b.wav"], cancellationToken);

        Assert.That(accented, Is.LessThan(2 * plain), "read as Latin-1 it is six characters, spelled out");
        Assert.That(RawWav.Samples(_folder["a.wav"]), Is.Not.EqualTo(RawWav.Samples(_folder["b.wav"])), "not dropped");
    }

    [TestCase("😀🎉")]
    [TestCase("\u200b")]
    [TestCase("\u0001")]
    public async Task What_cannot_be_said_still_yields_a_valid_file(string text, CancellationToken cancellationToken)
    {
        var duration = await _espeak.SynthesizeAsync(text, "aluno", "pt-br", _folder["a.wav"], cancellationToken);

        Assert.That((await WavFile.ReadHeaderAsync(_folder["a.wav"], cancellationToken)).Duration, Is.EqualTo(duration));
    }

    [Test]
    public async Task Three_workers_at_once_and_the_join_in_order(CancellationToken cancellationToken)
    {
        string[] lines = ["Oi Bruno, tudo bem?", "Oi Ana!", "E como você resolveu a situação?", "Hahaha!", "Nem me fala.", "É?"];
        await Parallel.ForAsync(0, lines.Length, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = cancellationToken },
            async (i, token) => await _espeak.SynthesizeAsync(lines[i], i % 2 == 0 ? "aluno" : "professora", "pt-br", _folder[$"{i}.wav"], token));
        string[] paths = [.. lines.Select((_, i) => _folder[$"{i}.wav"])];

        await WavFile.JoinAsync(paths, _folder["all.wav"], TimeSpan.Zero, cancellationToken);

        Assert.That(RawWav.Samples(_folder["all.wav"]), Is.EqualTo(paths.SelectMany(RawWav.Samples)));
    }

    [Test]
    public void An_unknown_language_fails_with_the_words_of_espeak(CancellationToken cancellationToken)
    {
        Assert.That(
            () => _espeak.SynthesizeAsync("Oi", "aluno", "xx-yy", _folder["a.wav"], cancellationToken),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "espeak-ng ended with exit code 1: Error: The specified espeak-ng voice does not exist."));
        Assert.That(_folder.Names, Is.Empty);
    }

    [TestCase("")]
    [TestCase("pt-br+f1")]
    [TestCase("../pt")]
    public void What_is_no_language_code_is_refused(string language, CancellationToken cancellationToken) =>
        Assert.That(
            () => _espeak.SynthesizeAsync("Oi", "aluno", language, _folder["a.wav"], cancellationToken),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("language"));

    [Test]
    public void Empty_text_is_refused(CancellationToken cancellationToken) =>
        Assert.That(
            () => _espeak.SynthesizeAsync(" \n", "aluno", "pt-br", _folder["a.wav"], cancellationToken),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("text"));
}
