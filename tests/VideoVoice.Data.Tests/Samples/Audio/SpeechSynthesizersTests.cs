using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

public sealed class SpeechSynthesizersTests
{
    [Test]
    public async Task Without_espeak_there_is_a_tone_that_says_so()
    {
        var found = await SpeechSynthesizers.FindAsync("pt-br", "espeak-ng-that-nobody-has", CancellationToken.None);

        Assert.That(found, Is.TypeOf<ToneSynthesizer>());
        Assert.That(found.Description, Is.EqualTo(
            "a tone of each text's length instead of speech: espeak-ng is not installed (apt-get install espeak-ng)"));
    }

    [Test]
    [Platform("Linux,MacOsX")]
    public async Task With_an_espeak_that_fails_there_is_a_tone_that_says_why()
    {
        var found = await SpeechSynthesizers.FindAsync("pt-br", "false", CancellationToken.None);

        Assert.That(found, Is.TypeOf<ToneSynthesizer>());
        Assert.That(found.Description, Does.Contain("exit code 1"));
    }

    [TestCase("pt-br", true)]
    [TestCase("pt", true)]
    [TestCase("pt-mz", false)]
    [TestCase("xx", false)]
    public async Task With_espeak_there_is_speech_in_the_languages_that_it_has(string language, bool speech)
    {
        if (await SpeechSynthesizers.FindAsync("en-us", CancellationToken.None) is not EspeakSynthesizer)
            Assert.Ignore("espeak-ng is missing: apt-get install espeak-ng");

        var found = await SpeechSynthesizers.FindAsync(language, CancellationToken.None);

        Assert.That(found, speech ? Is.TypeOf<EspeakSynthesizer>() : Is.TypeOf<ToneSynthesizer>());
        Assert.That(found.Description, speech
            ? Is.EqualTo($"speech by espeak-ng, language {language}")
            : Does.EndWith($"espeak-ng has no voice for {language}"));
    }
}
