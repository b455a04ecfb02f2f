using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class ResolveVoiceMappingTests : DatabaseTest
{
    [Test]
    public async Task The_exact_name_comes_before_the_same_name_in_another_case_and_both_before_the_default()
    {
        await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "ALUNO", VoiceName = "A", VoiceFile = "a.wav", Language = "en" }, cancellationToken: Token);
        await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "aLUNO", VoiceName = "B", VoiceFile = "b.wav", Language = "en", IsDefault = true }, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            foreach (var name in new[] { "aluno", "ALUNO", "aLUNO" })
                Assert.That(await ResolveAsync(name), Is.EqualTo(name));

            Assert.That(await ResolveAsync("PROFESSORA"), Is.EqualTo("professora"));
            Assert.That(await ResolveAsync("Ana"), Is.EqualTo("aLUNO"));
        }
    }

    [TestCase("true", "default")]
    [TestCase("TRUE", "default")]
    [TestCase("false", null)]
    [TestCase("yes", null)]
    [TestCase("", null)]
    [TestCase(null, null)]
    public async Task The_default_answers_only_where_the_setting_is_true(string? setting, string? expected)
    {
        await Settings.DeleteSettingAsync("fallback_to_default", cancellationToken: Token);
        if (setting is not null)
            await Settings.SetSettingAsync("fallback_to_default", setting, cancellationToken: Token);

        Assert.That(await ResolveAsync("Ana"), Is.EqualTo(expected));
        Assert.That(await ResolveAsync("Aluno"), Is.EqualTo("aluno"), "A name of its own needs no fall-back.");
    }

    [Test]
    public async Task A_pattern_in_a_name_means_nothing()
    {
        await Settings.SetSettingAsync("fallback_to_default", "false", cancellationToken: Token);

        Assert.That(await ResolveAsync("%"), Is.Null);
        Assert.That(await ResolveAsync("a_uno"), Is.Null);
    }

    private async Task<string?> ResolveAsync(string name) =>
        (await VoiceMappings.ResolveVoiceMappingAsync(name, cancellationToken: Token))?.VoiceId;
}
