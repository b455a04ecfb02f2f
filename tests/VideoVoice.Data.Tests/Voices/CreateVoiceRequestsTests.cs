using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class CreateVoiceRequestsTests : DatabaseTest
{
    private static readonly NewVoiceRequest[] s_conversation = [.. Enumerable.Range(0, 100).Select(i => new NewVoiceRequest(i % 2 == 0 ? "Ana" : "Bruno", $"Line {i}"))];

    [Test]
    public async Task The_place_in_the_list_is_the_position()
    {
        var video = (await Videos.CreateVideoAsync(new NewVideo("Video") { Priority = 4 }, cancellationToken: Token)).Id;
        var mapping = (await VoiceMappings.GetVoiceMappingAsync("professora", cancellationToken: Token))!.Id;
        var aluno = (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id;
        var byDefault = (await VoiceMappings.GetDefaultVoiceMappingAsync(cancellationToken: Token))!.Id;

        var created = await Voices.CreateVoiceRequestsAsync(video, [new("Ana", "z", mapping) { MaxAttempts = 2 }, new("ALUNO", "a") { MaxAttempts = 2 }, new("Ana", "m") { MaxAttempts = 2 }], cancellationToken: Token);

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(created, Is.EqualTo(3));
            Assert.That(
                voices.Select(v => (v.Position, v.CharacterName, v.TextContent, v.VoiceMappingId, v.Priority, v.MaxAttempts, v.Status, v.Attempt)),
                Is.EqualTo(new (int?, string?, string, Guid?, int, int, VoiceStatus, int)[]
                {
                    (0, "Ana", "z", mapping, 4, 2, VoiceStatus.Pending, 0),
                    (1, "ALUNO", "a", aluno, 4, 2, VoiceStatus.Pending, 0),
                    (2, "Ana", "m", byDefault, 4, 2, VoiceStatus.Pending, 0),
                }));
            Assert.That(voices.Select(v => v.CreatedAt), Is.Ordered.And.Unique, "A reader that orders by created_at alone gets the conversation in order");
            Assert.That(voices[2].QueueAt - voices[0].QueueAt, Is.EqualTo(TimeSpan.FromSeconds(2)));
        }
    }

    [Test]
    public async Task Repeating_changes_nothing()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var first = await Voices.CreateVoiceRequestsAsync(video, s_conversation, cancellationToken: Token);
        var before = await Voices.ListVoicesAsync(video, cancellationToken: Token);

        var second = await Voices.CreateVoiceRequestsAsync(video, [.. s_conversation.Reverse().Select(r => r with { MaxAttempts = 9 })], cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((first, second), Is.EqualTo((100, 0)));
            Assert.That(await Voices.ListVoicesAsync(video, cancellationToken: Token), Is.EqualTo(before));
        }
    }

    [Test]
    public async Task A_longer_list_adds_what_is_new()
    {
        var video = await CreateVideoAsync("a", "b");

        var created = await Voices.CreateVoiceRequestsAsync(video, [new("Ana", "x"), new("Ana", "y"), new("Ana", "c")], cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(created, Is.EqualTo(1));
            Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.TextContent), Is.EqualTo(["a", "b", "c"]));
        }
    }

    [Test]
    public async Task Ten_services_that_create_one_conversation_at_once_create_each_request_once()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        var created = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Voices.CreateVoiceRequestsAsync(video, s_conversation, cancellationToken: Token))));

        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(created.Sum(), Is.EqualTo(100));
            Assert.That(voices.Select(v => v.Position), Is.EqualTo(Enumerable.Range(0, 100)));
            Assert.That(voices.Select(v => v.TextContent), Is.EqualTo(s_conversation.Select(r => r.TextContent)));
        }
    }

    [Test]
    public async Task An_empty_list_creates_nothing()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        Assert.That(await Voices.CreateVoiceRequestsAsync(video, [], cancellationToken: Token), Is.Zero);
    }

    [Test]
    public async Task Rows_of_a_Python_generator_follow_in_the_order_of_their_insertion()
    {
        var video = await CreateVideoAsync("0", "1");
        await using (var connection = await DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            // As upstream: one transaction, a client-made random id, no position. Twenty, so that an order by id would show.
            for (var i = 2; i < 22; i++)
                await Dapper.SqlMapper.ExecuteAsync(
                    connection,
                    "insert into voices (id, video_id, voice_mapping_id, character_name, text_content, status) values (@id, @video, null, 'Ana', @text, 'pending')",
                    new { id = Guid.NewGuid(), video, text = $"{i}" },
                    transaction);
            await transaction.CommitAsync(Token);
        }

        await Voices.CreateVoiceRequestsAsync(video, [new("Ana", "-"), new("Ana", "-"), new("Ana", "last position")], cancellationToken: Token);
        await SqlAsync("update voices set status = 'completed', output_audio_path = text_content");

        string[] expected = ["0", "1", "last position", .. Enumerable.Range(2, 20).Select(i => $"{i}")];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.TextContent), Is.EqualTo(expected));
            Assert.That((await Voices.ListCompletedAudioPathsAsync(video, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(expected));
        }
    }
}
