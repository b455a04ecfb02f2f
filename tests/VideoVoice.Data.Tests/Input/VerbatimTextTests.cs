using System.Text.Json;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>Text is data: whatever it says, it is stored as it is, and nothing else happens.</summary>
public sealed class VerbatimTextTests : DatabaseTest
{
    private static readonly string[] s_texts =
    [
        "'; drop table voices cascade; --",
        "\"); delete from videos; --",
        "x' or '1' = '1",
        "$$; drop table settings cascade; $$",
        "@id :id $1 {0} ?? %s \\' \\\\ \\u0000",
        "/* */ null; commit; vacuum; \r\n\t",
        "👩🏽‍🏫🇧🇷 e\u0301 a\u0308\u0323 ﷽",
        "שלום \u202Eabc\u202C עולם مرحبا",
        "\uFEFF\u200B\uFFFE\uFFFF\U0010FFFF",
    ];

    private static IEnumerable<string> Methods => ManagerMethods.All;

    private static IEnumerable<string[]> Texts => ManagerMethods.Parameters<string>(name => name is not "gender" and not "quality" and not "language");

    private static IEnumerable<string[]> Stored => Texts.Where(p => ManagerMethods.Writes.Contains(p[0]) && !p[0].Contains(".Delete") && !p[0].Contains(".SetDefault"));

    private static IEnumerable<string[]> StoredText => Stored.Where(p => ManagerMethods.Leaf(p[1]) != "metadata");

    [TestCaseSource(nameof(Texts))]
    public async Task Text_that_looks_like_SQL_changes_nothing_else(string method, string parameter)
    {
        var witness = await World.CreateAsync(DataSource);
        foreach (var text in s_texts)
        {
            var world = await World.CreateAsync(DataSource);
            await ManagerMethods.CallAsync(method, DataSource, world, null, Token, (parameter, Argument(parameter, text)));
        }

        await AssertUntouchedAsync(witness);
    }

    [TestCaseSource(nameof(Stored))]
    public async Task Text_is_stored_verbatim(string method, string parameter)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var text in s_texts)
            {
                var world = await World.CreateAsync(DataSource);
                await ManagerMethods.CallAsync(method, DataSource, world, null, Token, (parameter, Argument(parameter, text)));
                Assert.That(await IsStoredAsync(text), Is.True, text);
            }
        }
    }

    [Test]
    public async Task The_texts_of_lists_and_objects_are_stored_verbatim()
    {
        var witness = await World.CreateAsync(DataSource);
        var video = await CreateVideoAsync();

        await Videos.UpdateVideoStatusAsync(video, VideoStatus.Processing, s_texts, cancellationToken: Token);
        await Voices.CreateVoiceRequestsAsync(video, [.. s_texts.Select(text => new NewVoiceRequest(text, text))], cancellationToken: Token);
        foreach (var text in s_texts)
        {
            await VoiceMappings.SetVoiceMappingAsync(
                new NewVoiceMapping { VoiceId = text, VoiceName = text, VoiceFile = text, Description = text, Language = "pt" }, cancellationToken: Token);
        }

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Videos.GetVideoAsync(video, cancellationToken: Token))!.WhatsappImagesPaths, Is.EqualTo(s_texts));
            Assert.That(voices.Select(v => v.CharacterName), Is.EqualTo(s_texts));
            Assert.That(voices.Select(v => v.TextContent), Is.EqualTo(s_texts));
            foreach (var text in s_texts)
            {
                var mapping = await VoiceMappings.GetVoiceMappingAsync(text, cancellationToken: Token);
                Assert.That((mapping?.VoiceId, mapping?.VoiceName, mapping?.VoiceFile, mapping?.Description), Is.EqualTo((text, text, text, text)));
            }
        }

        await AssertUntouchedAsync(witness);
    }

    [Test]
    public async Task The_texts_of_a_configuration_are_stored_verbatim()
    {
        var json = JsonSerializer.Serialize(new
        {
            voice_mappings = s_texts.ToDictionary(text => text, text => new { voice_file = text, description = text, language = "pt" }),
            settings = s_texts.ToDictionary(text => text, text => text),
        });

        await VoiceMappings.ImportVoiceConfigurationAsync(VoiceConfiguration.Parse(json), cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            foreach (var text in s_texts)
            {
                var mapping = await VoiceMappings.GetVoiceMappingAsync(text, cancellationToken: Token);
                Assert.That((mapping?.VoiceName, mapping?.VoiceFile, mapping?.Description), Is.EqualTo((text, text, text)));
                Assert.That((await Settings.GetSettingAsync(text, cancellationToken: Token))?.SettingValue, Is.EqualTo(text));
            }
        }
    }

    [Test]
    public async Task A_condition_in_a_key_finds_nothing()
    {
        const string Always = "x' or '1' = '1";

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await VoiceMappings.GetVoiceMappingAsync(Always, cancellationToken: Token), Is.Null);
            Assert.That(await VoiceMappings.DeleteVoiceMappingAsync(Always, cancellationToken: Token), Is.EqualTo(WriteOutcome.NotFound));
            Assert.That(await VoiceMappings.SetDefaultVoiceMappingAsync(Always, cancellationToken: Token), Is.False);
            Assert.That((await VoiceMappings.ResolveVoiceMappingAsync(Always, cancellationToken: Token))!.VoiceId, Is.EqualTo("default"));
            Assert.That(await Settings.GetSettingAsync(Always, cancellationToken: Token), Is.Null);
            Assert.That(await Settings.DeleteSettingAsync(Always, cancellationToken: Token), Is.False);
        }
    }

    [TestCaseSource(nameof(StoredText))]
    public async Task The_longest_text_fits_its_column(string method, string parameter)
    {
        var text = string.Concat(Enumerable.Repeat("😀", ManagerMethods.TextLengths[ManagerMethods.Leaf(parameter)] ?? 10_000));

        await ManagerMethods.CallAsync(method, DataSource, await World.CreateAsync(DataSource), null, Token, (parameter, text));

        Assert.That(await IsStoredAsync(text), Is.True);
    }

    [Test]
    public async Task The_lengths_of_these_tests_are_those_of_the_columns()
    {
        var columns = new Dictionary<string, int?>();
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        foreach (var (name, length) in await Dapper.SqlMapper.QueryAsync<(string, int?)>(
            connection, "select distinct column_name::text, character_maximum_length::int from information_schema.columns where table_schema = current_schema() and data_type in ('text', 'character varying')"))
            columns[name.Replace("_", "", StringComparison.Ordinal)] = length;

        using (Assert.EnterMultipleScope())
        {
            // A reason is stored as the error; a worker's id is shorter than its column, which has no limit.
            foreach (var (parameter, length) in ManagerMethods.TextLengths.Where(p => p.Key is not "reason" and not "workerId"))
                Assert.That(columns[parameter.ToLowerInvariant()], Is.EqualTo(length), parameter);
        }
    }

    private static string Argument(string parameter, string text) => ManagerMethods.Leaf(parameter) == "metadata" ? JsonSerializer.Serialize(new { text }) : text;

    private Task<bool> IsStoredAsync(string text) => ScalarAsync<bool>(
        """
        select exists (
            select
            from (
                select to_jsonb(v) as r from videos v
                union all select to_jsonb(v) from voices v
                union all select to_jsonb(m) from voice_mappings m
                union all select to_jsonb(s) from settings s
            ) rows, jsonb_path_query(r, '$.** ? (@.type() == "string")') value
            where value #>> '{}' = @text)
        """,
        new { text });

    private async Task AssertUntouchedAsync(World witness)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                await ScalarAsync<long>("select count(*) from pg_tables where schemaname = current_schema() and tablename in ('videos', 'voices', 'voice_mappings', 'settings')"),
                Is.EqualTo(4));
            Assert.That(
                await ScalarAsync<long>(
                    """
                    select (select count(*) from videos where id = @Video and title = 'World' and status = 'processing')
                        + (select count(*) from voices where video_id = @Video and text_content = 'Oi')
                        + (select count(*) from voice_mappings where id = @Mapping and voice_name = 'World')
                        + (select count(*) from settings where setting_key = @SettingKey and setting_value = 'World')
                    """,
                    witness),
                Is.EqualTo(7));
        }
    }
}
