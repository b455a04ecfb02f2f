using NUnit.Framework;

namespace VideoVoice.Data.Tests.VoiceMappings;

public sealed class DeleteVoiceMappingTests : DatabaseTest
{
    [Test]
    public async Task A_mapping_that_nothing_needs_is_deleted_once()
    {
        var first = await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);
        var second = await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);

        Assert.That((first, second), Is.EqualTo((WriteOutcome.Applied, WriteOutcome.NotFound)));
        Assert.That(await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token), Is.Null);
    }

    [Test]
    public async Task The_default_stays()
    {
        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("default", cancellationToken: Token), Is.EqualTo(WriteOutcome.NotAllowed));
        Assert.That(await VoiceMappings.GetDefaultVoiceMappingAsync(cancellationToken: Token), Is.Not.Null);
    }

    [Test]
    public async Task A_mapping_that_a_request_refers_to_stays_until_the_request_is_gone()
    {
        var aluno = await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token);
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "Oi", aluno!.Id, cancellationToken: Token);

        var referred = await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);
        await Videos.DeleteVideoAsync(video, cancellationToken: Token);
        var free = await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);

        Assert.That((referred, free), Is.EqualTo((WriteOutcome.NotAllowed, WriteOutcome.Applied)));
    }

    [Test]
    public async Task A_request_that_is_created_while_the_delete_waits_for_it_keeps_the_mapping()
    {
        var aluno = await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token);
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "Oi", aluno!.Id, transaction: transaction, cancellationToken: Token);

        var deleting = VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);
        while (!deleting.IsCompleted && await ScalarAsync<long>("select count(*) from pg_locks where not granted") == 0)
            await Task.Delay(5, Token);

        await transaction.CommitAsync(Token);

        Assert.That(await deleting, Is.EqualTo(WriteOutcome.NotAllowed));
    }

    [Test]
    public async Task A_write_of_another_mapping_is_not_waited_for()
    {
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voice_mappings where voice_id = 'professora' for update");

        var deleted = await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That(deleted, Is.EqualTo(WriteOutcome.Applied));
    }

    [Test]
    public async Task Requests_of_another_mapping_do_not_keep_it()
    {
        var video = await CreateVideoAsync();
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "Oi", (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id, cancellationToken: Token);

        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("professora", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That((await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token)).Select(m => m.VoiceId), Is.EquivalentTo(new[] { "aluno", "default" }));
    }
}
