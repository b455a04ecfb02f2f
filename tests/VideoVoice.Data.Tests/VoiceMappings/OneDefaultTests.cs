using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class OneDefaultTests : DatabaseTest
{
    [Test]
    public async Task Sixteen_writers_of_three_kinds_leave_one_default_at_every_moment()
    {
        var configuration = VoiceConfiguration.Parse(Repository.Read("samples/VideoVoice.Sample/data/voice_mapping.json"));
        using var writing = new CancellationTokenSource();
        var observed = ObserveAsync(writing.Token);

        var writers = Enumerable.Range(0, 16).Select(writer => Task.Run(
            async () =>
            {
                for (var round = 0; round < 10; round++)
                {
                    switch ((writer + round) % 4)
                    {
                        case 0:
                            await VoiceMappings.SetDefaultVoiceMappingAsync("aluno", cancellationToken: Token);
                            break;
                        case 1:
                            await VoiceMappings.SetDefaultVoiceMappingAsync("professora", cancellationToken: Token);
                            break;
                        case 2:
                            await VoiceMappings.SetVoiceMappingAsync(
                                new NewVoiceMapping { VoiceId = $"new-{writer % 4}", VoiceName = "New", VoiceFile = "new.wav", Language = "en", IsDefault = true }, cancellationToken: Token);
                            break;
                        default:
                            await VoiceMappings.ImportVoiceConfigurationAsync(configuration, cancellationToken: Token);
                            break;
                    }
                }
            },
            Token));
        await Task.WhenAll(writers);
        await writing.CancelAsync();

        Assert.That(await observed, Is.EqualTo(new[] { 1L }));
    }

    [TestCase(false, "default")]
    [TestCase(true, "x")]
    public async Task Only_a_mapping_that_is_to_be_the_default_takes_it_away(bool isDefault, string expected)
    {
        await VoiceMappings.SetVoiceMappingAsync(new NewVoiceMapping { VoiceId = "x", VoiceName = "X", VoiceFile = "x.wav", Language = "pt", IsDefault = isDefault }, cancellationToken: Token);

        Assert.That((await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Where(m => m.IsDefault).Select(m => m.VoiceId), Is.EqualTo(new[] { expected }));
    }

    /// <summary>The numbers of defaults that were seen.</summary>
    private async Task<List<long>> ObserveAsync(CancellationToken until)
    {
        var seen = new SortedSet<long>();
        do
            seen.Add(await ScalarAsync<long>("select count(*) from voice_mappings where is_default"));
        while (!until.IsCancellationRequested);

        seen.Add(await ScalarAsync<long>("select count(*) from voice_mappings where is_default"));
        return [.. seen];
    }
}
