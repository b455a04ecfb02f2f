using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class ImportVoiceConfigurationTests : DatabaseTest
{
    private static readonly VoiceConfiguration s_sample = VoiceConfiguration.Parse(Repository.Read("samples/VideoVoice.Sample/data/voice_mapping.json"));

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_services_file_is_imported_whole_into_a_filled_and_into_an_empty_table(bool filled)
    {
        if (!filled)
            await SqlAsync("delete from voice_mappings; delete from settings");

        await VoiceMappings.ImportVoiceConfigurationAsync(s_sample, cancellationToken: Token);

        var mappings = await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token);
        var settings = await Settings.ListSettingsAsync(cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mappings.Select(m => (m.VoiceId, m.VoiceName, m.VoiceFile, m.Description, m.Gender, m.Language, m.Quality, m.IsDefault)), Is.EqualTo(new[]
            {
                ("default", "Default Voice", "voices/Vídeo sem título ‐ Feito com o Clipchamp.wav", "Default voice for any character without specific mapping", "female", "pt-br", "medium", true),
                ("aluno", "Student Voice", "voices/voz_aluno_lucas.wav", "Voice for student character", "male", "pt-br", "high", false),
                ("professora", "Teacher Voice", "voices/voz_referencia_convertida_ffmpeg.wav", "Voice for teacher character", "female", "pt-br", "high", false),
            }));
            Assert.That(settings.Select(s => (s.SettingKey, s.SettingValue)), Is.EqualTo(new[]
            {
                ("auto_detect_voices", "true"), ("default_language", "pt-br"), ("fallback_to_default", "true"), ("voice_quality_threshold", "medium"),
            }));
        }
    }

    [Test]
    public async Task A_second_import_keeps_the_ids_and_what_the_file_does_not_name()
    {
        await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "own", VoiceName = "Own", VoiceFile = "own.wav", Language = "en", IsDefault = true }, cancellationToken: Token);
        await Settings.SetSettingAsync("own", "1", "Own", cancellationToken: Token);
        await Settings.SetSettingAsync("default_language", "en", "Kept", cancellationToken: Token);
        await VoiceMappings.ImportVoiceConfigurationAsync(s_sample, cancellationToken: Token);
        var first = await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token);

        await VoiceMappings.ImportVoiceConfigurationAsync(s_sample, cancellationToken: Token);

        var second = await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.Select(m => m with { UpdatedAt = default }), Is.EqualTo(first.Select(m => m with { UpdatedAt = default })));
            Assert.That(second.Single(m => m.VoiceId == "own").IsDefault, Is.False);
            Assert.That(second.Single(m => m.IsDefault).VoiceId, Is.EqualTo("default"));
            Assert.That(await Settings.GetSettingAsync("own", 0, cancellationToken: Token), Is.EqualTo(1));
            Assert.That((await Settings.GetSettingAsync("default_language", cancellationToken: Token))!.Description, Is.EqualTo("Kept"));
        }
    }

    [Test]
    public async Task A_file_without_a_default_leaves_the_default_where_it_is()
    {
        await VoiceMappings.SetDefaultVoiceMappingAsync("aluno", cancellationToken: Token);
        var configuration = VoiceConfiguration.Parse("""{"voice_mappings": {"aluno": {"voice_file": "a.wav", "language": "en"}, "b": {"voice_file": "b.wav", "language": "en"}}}""");

        await VoiceMappings.ImportVoiceConfigurationAsync(configuration, cancellationToken: Token);

        var aluno = await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token);
        Assert.That((aluno!.IsDefault, aluno.VoiceFile, aluno.VoiceName, aluno.Gender), Is.EqualTo((true, "a.wav", "aluno", (string?)null)));
        Assert.That(await ScalarAsync<long>("select count(*) from voice_mappings where is_default"), Is.EqualTo(1));
    }

    [TestCase("default", "aluno")]
    [TestCase("aluno", "default")]
    public async Task The_default_of_a_file_takes_over_from_another_mapping_of_the_file(string first, string second)
    {
        await VoiceMappings.SetDefaultVoiceMappingAsync("aluno", cancellationToken: Token);
        var configuration = VoiceConfiguration.Parse($$"""{"voice_mappings": {"{{first}}": {"voice_file": "a.wav", "language": "en"}, "{{second}}": {"voice_file": "b.wav", "language": "en"} } }""");

        await VoiceMappings.ImportVoiceConfigurationAsync(configuration, cancellationToken: Token);

        Assert.That(await ScalarAsync<string>("select string_agg(voice_id, ' ') from voice_mappings where is_default"), Is.EqualTo("default"));
    }

    [Test]
    public async Task An_import_that_fails_on_its_last_row_writes_nothing()
    {
        await SqlAsync("alter table settings add constraint refused check (setting_value <> 'refused')");
        var configuration = VoiceConfiguration.Parse("""
            {
              "voice_mappings": {"default": {"voice_file": "d.wav", "language": "en"}, "x": {"voice_file": "x.wav", "language": "en"}},
              "settings": {"default_language": "en", "z": "refused"}
            }
            """);
        var before = (await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token), await Settings.ListSettingsAsync(cancellationToken: Token));

        var e = await Assert.ThrowsAsync<PostgresException>(() => VoiceMappings.ImportVoiceConfigurationAsync(configuration, cancellationToken: Token));

        Assert.That(e!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
        Assert.That(await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token), Is.EqualTo(before.Item1));
        Assert.That(await Settings.ListSettingsAsync(cancellationToken: Token), Is.EqualTo(before.Item2));
    }

    [Test]
    public async Task An_empty_configuration_changes_nothing()
    {
        var before = await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token);

        await VoiceMappings.ImportVoiceConfigurationAsync(VoiceConfiguration.Parse("{}"), cancellationToken: Token);

        Assert.That(await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token), Is.EqualTo(before));
    }

    [Test]
    public async Task A_second_import_writes_every_property_again()
    {
        await VoiceMappings.SetVoiceMappingAsync(
            new NewVoiceMapping { VoiceId = "x", VoiceName = "X", VoiceFile = "x.wav", Language = "pt", Description = "first", Gender = "male", Quality = "low" }, cancellationToken: Token);

        await VoiceMappings.ImportVoiceConfigurationAsync(
            VoiceConfiguration.Parse(
                """
                {
                    "voice_mappings": {"x": {"voice_file": "y.wav", "language": "en", "description": "second", "gender": "female", "quality": "high"}},
                    "available_voices": [{"id": "x", "name": "Y"}]
                }
                """),
            cancellationToken: Token);

        var stored = (await VoiceMappings.GetVoiceMappingAsync("x", cancellationToken: Token))!;
        Assert.That(
            (stored.VoiceName, stored.VoiceFile, stored.Language, stored.Description, stored.Gender, stored.Quality),
            Is.EqualTo(("Y", "y.wav", "en", "second", "female", "high")));
    }
}
