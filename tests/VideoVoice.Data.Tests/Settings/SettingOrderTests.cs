using NUnit.Framework;

namespace VideoVoice.Data.Tests.Settings;

public sealed class SettingOrderTests : UnorderedTest
{
    [Test]
    public async Task The_list_is_ordered_by_key_whatever_order_the_table_has()
    {
        foreach (var key in new[] { "z", "a", "m" })
            await Settings.SetSettingAsync(key, "1", cancellationToken: Token);

        var keys = (await new SettingManager(Unordered.DataSource).ListSettingsAsync(cancellationToken: Token)).Select(s => s.SettingKey);

        Assert.That(keys, Is.EqualTo(new[] { "a", "auto_detect_voices", "default_language", "fallback_to_default", "m", "voice_quality_threshold", "z" }));
    }
}
