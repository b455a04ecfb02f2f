using NUnit.Framework;

namespace VideoVoice.Data.Tests.Settings;

public sealed class SettingManagerTests : DatabaseTest
{
    [Test]
    public async Task Every_column_comes_back_from_every_read()
    {
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        await Settings.SetSettingAsync("a key 🎤", "a value", "a description", cancellationToken: Token);
        var id = await ScalarAsync<Guid>("select id from settings where setting_key = 'a key 🎤'");

        Setting?[] reads =
        [
            await Settings.GetSettingAsync("a key 🎤", cancellationToken: Token),
            (await Settings.ListSettingsAsync(cancellationToken: Token)).Single(s => s.SettingKey == "a key 🎤"),
        ];

        foreach (var read in reads)
        {
            Assert.That(read, Is.EqualTo(new Setting
            {
                Id = id,
                SettingKey = "a key 🎤",
                SettingValue = "a value",
                Description = "a description",
                CreatedAt = read!.CreatedAt,
                UpdatedAt = read.UpdatedAt,
            }));
            Assert.That(read.CreatedAt, Is.InRange(before, before.AddMinutes(2)));
            Assert.That(read.UpdatedAt, Is.InRange(before, before.AddMinutes(2)));
        }
    }

    [Test]
    public async Task Setting_again_updates_the_value_and_keeps_a_description_that_is_not_given()
    {
        await Settings.SetSettingAsync("key", "1", "first", cancellationToken: Token);
        var first = await Settings.GetSettingAsync("key", cancellationToken: Token);
        await Settings.SetSettingAsync("key", "", cancellationToken: Token);
        var second = await Settings.GetSettingAsync("key", cancellationToken: Token);
        await Settings.SetSettingAsync("key", "3", "", cancellationToken: Token);
        var third = await Settings.GetSettingAsync("key", cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((second!.Id, second.SettingValue, second.Description, second.CreatedAt), Is.EqualTo((first!.Id, "", "first", first.CreatedAt)));
            Assert.That(second.UpdatedAt, Is.GreaterThan(first.UpdatedAt));
            Assert.That((third!.SettingValue, third.Description), Is.EqualTo(("3", "")));
        }
    }

    [Test]
    public async Task Typed_reads_parse_in_any_culture_of_the_process()
    {
        foreach (var (key, value) in new[] { ("bool", "True"), ("int", "-42"), ("double", "1234.5"), ("text", " pt-br "), ("time", "00:01:30") })
            await Settings.SetSettingAsync(key, value, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Settings.GetSettingAsync("bool", false, cancellationToken: Token), Is.True);
            Assert.That(await Settings.GetSettingAsync("int", 0, cancellationToken: Token), Is.EqualTo(-42));
            Assert.That(await Settings.GetSettingAsync("double", 0.0, cancellationToken: Token), Is.EqualTo(1234.5));
            Assert.That(await Settings.GetSettingAsync("text", "", cancellationToken: Token), Is.EqualTo(" pt-br "));
            Assert.That(await Settings.GetSettingAsync("time", TimeSpan.Zero, cancellationToken: Token), Is.EqualTo(TimeSpan.FromSeconds(90)));
        }
    }

    [Test]
    public async Task A_setting_that_is_not_there_gives_the_default_value()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Settings.GetSettingAsync("missing", true, cancellationToken: Token), Is.True);
            Assert.That(await Settings.GetSettingAsync("missing", 7, cancellationToken: Token), Is.EqualTo(7));
            Assert.That(await Settings.GetSettingAsync("missing", "x", cancellationToken: Token), Is.EqualTo("x"));
            Assert.That(await Settings.GetSettingAsync("missing", cancellationToken: Token), Is.Null);
        }
    }

    [TestCase("yes", "Boolean")]
    [TestCase("", "Boolean")]
    [TestCase("4.2", "Int32")]
    [TestCase("99999999999", "Int32")]
    public async Task A_value_of_another_type_is_named_with_its_setting(string value, string type)
    {
        await Settings.SetSettingAsync("key", value, cancellationToken: Token);

        var e = type == "Boolean"
            ? await Assert.ThrowsAsync<FormatException>(() => Settings.GetSettingAsync("key", true, cancellationToken: Token))
            : await Assert.ThrowsAsync<FormatException>(() => Settings.GetSettingAsync("key", 1, cancellationToken: Token));

        Assert.That(e!.Message, Is.EqualTo($"The setting 'key' is '{value}', which is no {type}. Correct it with SetSettingAsync."));
    }

    [Test]
    public async Task The_list_is_ordered_by_key_and_a_delete_tells_whether_there_was_one()
    {
        var deleted = (await Settings.DeleteSettingAsync("default_language", cancellationToken: Token), await Settings.DeleteSettingAsync("default_language", cancellationToken: Token));

        var keys = (await Settings.ListSettingsAsync(cancellationToken: Token)).Select(s => s.SettingKey);
        Assert.That(deleted, Is.EqualTo((true, false)));
        Assert.That(keys, Is.EqualTo(new[] { "auto_detect_voices", "fallback_to_default", "voice_quality_threshold" }));
    }

    [Test]
    public async Task Writes_and_reads_join_the_caller_s_transaction()
    {
        await using (var connection = await DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await Settings.SetSettingAsync("key", "1", transaction: transaction, cancellationToken: Token);
            await Settings.DeleteSettingAsync("default_language", transaction, Token);
            Assert.That(await Settings.GetSettingAsync("key", 0, transaction, Token), Is.EqualTo(1));
            Assert.That(await Settings.ListSettingsAsync(transaction, Token), Has.Count.EqualTo(4));
        }

        Assert.That(await Settings.GetSettingAsync("key", 0, cancellationToken: Token), Is.Zero);
        Assert.That(await Settings.GetSettingAsync("default_language", cancellationToken: Token), Is.Not.Null);
    }

    [Test]
    public async Task Wrong_arguments_are_refused_by_name()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var key in new[] { "", " ", new string('x', 101), "a\0", null! })
            {
                foreach (var call in new Func<Task>[]
                {
                    () => Settings.GetSettingAsync(key, cancellationToken: Token),
                    () => Settings.GetSettingAsync(key, 1, cancellationToken: Token),
                    () => Settings.SetSettingAsync(key, "1", cancellationToken: Token),
                    () => Settings.DeleteSettingAsync(key, cancellationToken: Token),
                })
                {
                    Assert.That((await Assert.CatchAsync<ArgumentException>(() => call()))!.ParamName, Is.EqualTo("settingKey"));
                }
            }

            Assert.That((await Assert.CatchAsync<ArgumentException>(() => Settings.SetSettingAsync("key", null!, cancellationToken: Token)))!.ParamName, Is.EqualTo("settingValue"));
            Assert.That((await Assert.CatchAsync<ArgumentException>(() => Settings.SetSettingAsync("key", "a\0b", cancellationToken: Token)))!.ParamName, Is.EqualTo("settingValue"));
            Assert.That((await Assert.CatchAsync<ArgumentException>(() => Settings.SetSettingAsync("key", "1", "\udc00", cancellationToken: Token)))!.ParamName, Is.EqualTo("description"));
        }
    }
}
