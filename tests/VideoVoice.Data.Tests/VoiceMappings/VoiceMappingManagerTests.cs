using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class VoiceMappingManagerTests : DatabaseTest
{
    private static readonly NewVoiceMapping s_full = new()
    {
        VoiceId = "Narradora",
        VoiceName = "Narrator 🎤",
        VoiceFile = "voices/narradora.wav",
        Language = "pt-pt",
        Description = "Reads the title",
        Gender = "other",
        Quality = "low",
        IsDefault = true,
    };

    [Test]
    public async Task Every_column_comes_back_from_every_read()
    {
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        var id = await VoiceMappings.SetVoiceMappingAsync(s_full, cancellationToken: Token);

        VoiceMapping?[] reads =
        [
            await VoiceMappings.GetVoiceMappingAsync("Narradora", cancellationToken: Token),
            await VoiceMappings.GetVoiceMappingByIdAsync(id, cancellationToken: Token),
            await VoiceMappings.GetDefaultVoiceMappingAsync(cancellationToken: Token),
            await VoiceMappings.ResolveVoiceMappingAsync("Narradora", cancellationToken: Token),
            (await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Single(m => m.VoiceId == "Narradora"),
        ];

        foreach (var read in reads)
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(read, Is.EqualTo(new VoiceMapping
                {
                    Id = id,
                    VoiceId = s_full.VoiceId,
                    VoiceName = s_full.VoiceName,
                    VoiceFile = s_full.VoiceFile,
                    Language = s_full.Language,
                    Description = s_full.Description,
                    Gender = s_full.Gender,
                    Quality = s_full.Quality,
                    IsDefault = true,
                    CreatedAt = read!.CreatedAt,
                    UpdatedAt = read.UpdatedAt,
                }));
                Assert.That(read.CreatedAt, Is.InRange(before, before.AddMinutes(2)));
                Assert.That(read.UpdatedAt, Is.InRange(before, before.AddMinutes(2)));
                Assert.That(read.CreatedAt.Offset, Is.EqualTo(TimeSpan.Zero));
            }
        }
    }

    [Test]
    public async Task Setting_again_updates_every_column_and_keeps_the_id_and_the_default()
    {
        var id = await VoiceMappings.SetVoiceMappingAsync(s_full, cancellationToken: Token);
        var first = await VoiceMappings.GetVoiceMappingByIdAsync(id, cancellationToken: Token);
        var changed = new NewVoiceMapping { VoiceId = "Narradora", VoiceName = "N", VoiceFile = "n.wav", Language = "en" };

        var again = await VoiceMappings.SetVoiceMappingAsync(changed, cancellationToken: Token);

        var read = await VoiceMappings.GetVoiceMappingByIdAsync(id, cancellationToken: Token);
        Assert.That(again, Is.EqualTo(id));
        Assert.That(read, Is.EqualTo(new VoiceMapping
        {
            Id = id,
            VoiceId = "Narradora",
            VoiceName = "N",
            VoiceFile = "n.wav",
            Language = "en",
            IsDefault = true,
            CreatedAt = first!.CreatedAt,
            UpdatedAt = read!.UpdatedAt,
        }));
        Assert.That(read.UpdatedAt, Is.GreaterThan(first.UpdatedAt));
    }

    [Test]
    public async Task What_is_not_there_reads_as_null()
    {
        await SqlAsync("update voice_mappings set is_default = false");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await VoiceMappings.GetVoiceMappingAsync("ALUNO", cancellationToken: Token), Is.Null);
            Assert.That(await VoiceMappings.GetVoiceMappingByIdAsync(Guid.NewGuid(), cancellationToken: Token), Is.Null);
            Assert.That(await VoiceMappings.GetDefaultVoiceMappingAsync(cancellationToken: Token), Is.Null);
            Assert.That(await VoiceMappings.ResolveVoiceMappingAsync("Ninguém", cancellationToken: Token), Is.Null);
        }
    }

    [Test]
    public async Task The_list_is_ordered_by_display_name()
    {
        var names = (await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Select(m => m.VoiceName);

        Assert.That(names, Is.EqualTo(new[] { "Default Voice", "Student Voice", "Teacher Voice" }));
    }

    [Test]
    public async Task Making_one_the_default_takes_it_from_the_other_and_an_unknown_one_changes_nothing()
    {
        var set = await VoiceMappings.SetDefaultVoiceMappingAsync("aluno", cancellationToken: Token);
        var repeated = await VoiceMappings.SetDefaultVoiceMappingAsync("aluno", cancellationToken: Token);
        var unknown = await VoiceMappings.SetDefaultVoiceMappingAsync("nobody", cancellationToken: Token);

        Assert.That((set, repeated, unknown), Is.EqualTo((true, true, false)));
        Assert.That(await ScalarAsync<string>("select string_agg(voice_id, ', ') from voice_mappings where is_default"), Is.EqualTo("aluno"));
    }

    [Test]
    public async Task All_writes_join_the_caller_s_transaction()
    {
        await using (var connection = await DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await VoiceMappings.SetVoiceMappingAsync(s_full with { IsDefault = false }, transaction, Token);
            await VoiceMappings.SetDefaultVoiceMappingAsync("Narradora", transaction, Token);
            await VoiceMappings.DeleteVoiceMappingAsync("aluno", transaction, Token);
            await VoiceMappings.ImportVoiceConfigurationAsync(VoiceConfiguration.Parse("""{"settings": {"new": true}}"""), transaction, Token);
            Assert.That((await VoiceMappings.GetDefaultVoiceMappingAsync(transaction, Token))!.VoiceId, Is.EqualTo("Narradora"));
            Assert.That(await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token), Has.Count.EqualTo(3), "Nobody else sees it before the commit.");
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await VoiceMappings.GetDefaultVoiceMappingAsync(cancellationToken: Token))!.VoiceId, Is.EqualTo("default"));
            Assert.That(await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token), Is.Not.Null);
            Assert.That(await Settings.GetSettingAsync("new", cancellationToken: Token), Is.Null);
        }
    }

    [TestCase("VoiceId")]
    [TestCase("VoiceName")]
    [TestCase("VoiceFile")]
    [TestCase("Language")]
    [TestCase("Gender")]
    [TestCase("Quality")]
    [TestCase("Description")]
    public async Task A_wrong_value_is_refused_by_its_name_and_nothing_is_sent(string property)
    {
        foreach (var mapping in Wrong(property))
        {
            var e = await Assert.CatchAsync<ArgumentException>(() => VoiceMappings.SetVoiceMappingAsync(mapping, cancellationToken: Token));
            Assert.That(e!.ParamName, Is.EqualTo($"mapping.{property}"));
        }

        Assert.That(await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task The_longest_values_are_taken_in_code_points()
    {
        var longest = s_full with { VoiceId = Emoji(50), VoiceName = Emoji(100), VoiceFile = Emoji(255), Language = Emoji(10) };

        await VoiceMappings.SetVoiceMappingAsync(longest, cancellationToken: Token);

        var read = await VoiceMappings.GetVoiceMappingAsync(Emoji(50), cancellationToken: Token);
        Assert.That(read!.VoiceFile, Is.EqualTo(longest.VoiceFile));
    }

    private static IEnumerable<NewVoiceMapping> Wrong(string property) => property switch
    {
        "VoiceId" => [s_full with { VoiceId = "" }, s_full with { VoiceId = null! }, s_full with { VoiceId = Emoji(51) }],
        "VoiceName" => [s_full with { VoiceName = " " }, s_full with { VoiceName = Emoji(101) }],
        "VoiceFile" => [s_full with { VoiceFile = "\t" }, s_full with { VoiceFile = new string('x', 256) }],
        "Language" => [s_full with { Language = "" }, s_full with { Language = "pt-br-x-long" }],
        "Gender" => [s_full with { Gender = "Male" }, s_full with { Gender = "" }],
        "Quality" => [s_full with { Quality = "best" }, s_full with { Quality = "LOW" }],
        _ => [s_full with { Description = "a\0b" }, s_full with { Description = "\ud83c" }],
    };

    private static string Emoji(int length) => string.Concat(Enumerable.Repeat("🎤", length));
}
