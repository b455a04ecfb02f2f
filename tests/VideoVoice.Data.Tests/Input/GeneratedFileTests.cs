using System.Text;
using CsCheck;
using NUnit.Framework;
using VideoVoice.Data.Tests.Input.Generated;
using VideoVoice.Sample;

namespace VideoVoice.Data.Tests.Input;

/// <summary>The files that the services exchange, cut, doubled and re-encoded: each is read, or refused by an exception that says why.</summary>
public sealed class GeneratedFileTests : DatabaseTest
{
    [Test, CancelAfter(14_400_000)]
    public async Task A_voice_configuration_is_imported_whole_or_refused()
    {
        var real = await File.ReadAllTextAsync(Repository.PathOf("samples/VideoVoice.Sample/data/voice_mapping.json"), Token);
        var (read, refused) = (0, 0);

        await Configurations.Files(real).SampleAsync(
            async text =>
            {
                VoiceConfiguration configuration;
                try
                {
                    configuration = VoiceConfiguration.Parse(text!);
                }
                catch (ArgumentException)
                {
                    refused++;
                    return;
                }

                read++;
                await using var connection = await DataSource.OpenConnectionAsync(Token);
                await using var transaction = await connection.BeginTransactionAsync(Token);
                await VoiceMappings.ImportVoiceConfigurationAsync(configuration, transaction, Token);
                var mappings = (await VoiceMappings.ListVoiceMappingsAsync(transaction: transaction, cancellationToken: Token))
                    .Select(m => (m.VoiceId, m.VoiceName, m.VoiceFile, m.Language, m.Description, m.Gender, m.Quality)).ToHashSet();
                var settings = (await Settings.ListSettingsAsync(transaction, Token)).ToDictionary(s => s.SettingKey, s => s.SettingValue);
                // An exception and no assertion: of a case that is shrunk each failed one would be reported.
                if (!configuration.Mappings.All(m => mappings.Contains((m.VoiceId, m.VoiceName, m.VoiceFile, m.Language, m.Description, m.Gender, m.Quality))))
                    throw new InvalidOperationException("Not each mapping is stored as it was read.");
                if (!configuration.Settings.All(s => settings.GetValueOrDefault(s.Key) == s.Value))
                    throw new InvalidOperationException("Not each setting is stored as it was read.");
            },
            iter: GeneratedCallTests.Cases / 20,
            threads: 1);

        AssertBoth(read, refused);
    }

    [Test, CancelAfter(14_400_000)]
    public async Task A_conversation_is_read_or_refused()
    {
        var real = await File.ReadAllTextAsync(Repository.PathOf("samples/VideoVoice.Sample/data/conversation.json"), Token);
        var path = Path.GetTempFileName();
        var (read, refused) = (0, 0);
        try
        {
            await Gen.Frequency((1, Gen.Const<string?>(real)), (6, Json.Damaged(Gen.Const<string?>(real))), (2, Json.Any)).SampleAsync(
                async text =>
                {
                    await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes(text ?? ""), Token);
                    try
                    {
                        var conversation = await Conversation.ReadAsync(path, Token);
                        if (conversation.Lines.Count == 0)
                            throw new InvalidOperationException("It was read and has no line.");
                        read++;
                    }
                    catch (SampleException)
                    {
                        refused++;
                    }
                },
                iter: GeneratedCallTests.Cases / 20,
                threads: 1);
        }
        finally
        {
            File.Delete(path);
        }

        AssertBoth(read, refused);
    }

    private static void AssertBoth(int read, int refused)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read, Is.Positive, "None was read.");
            Assert.That(refused, Is.Positive, "None was refused.");
        }
    }
}
