using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class CreateVideoWithVoicesTests : DatabaseTest
{
    private static readonly NewVoiceRequest[] s_conversation = [new("ALUNO", "a"), new("professora", "b") { MaxAttempts = 7 }, new("Ana", "c")];

    [Test]
    public async Task It_is_what_the_two_calls_make()
    {
        var video = new NewVideo("Video") { Description = "Text", BackgroundVideoPath = "/b.mp4", Metadata = """{"key": 1}""", Priority = 4 };
        var apart = (await Videos.CreateVideoAsync(video, cancellationToken: Token)).Id;
        await Voices.CreateVoiceRequestsAsync(apart, s_conversation, cancellationToken: Token);

        var (together, created) = await Videos.CreateVideoWithVoicesAsync(video, s_conversation, cancellationToken: Token);

        Assert.That(await RowsAsync(together), Is.EqualTo(await RowsAsync(apart)));
        var voices = await Voices.ListVoicesAsync(together, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(created, Is.True);
            Assert.That(voices.Select(v => v.MaxAttempts), Is.EqualTo([3, 7, 3]));
            Assert.That(voices.Select(v => v.CreatedAt), Is.Ordered.And.Unique);
            Assert.That(voices[2].QueueAt - voices[0].QueueAt, Is.EqualTo(TimeSpan.FromSeconds(2)));
        }

        // All that the clock and the ids do not make different.
        async Task<string> RowsAsync(Guid video) => await ScalarAsync<string>($"""
            select to_jsonb(v) - 'id' - 'created_at' - 'updated_at' || jsonb_build_object('voices', (
                select jsonb_agg(to_jsonb(w) - 'id' - 'video_id' - 'created_at' - 'updated_at' - 'queue_at' - 'trace_parent' order by w.position)
                from voices w where w.video_id = v.id))
            from videos v where v.id = '{video}'
            """);
    }

    [Test]
    public async Task A_repeat_adds_what_is_missing_and_changes_nothing_else()
    {
        var id = Guid.CreateVersion7();
        await Videos.CreateVideoWithVoicesAsync(new NewVideo("Video") { Id = id }, s_conversation, cancellationToken: Token);
        await Videos.SetVideoPriorityAsync(id, 5, cancellationToken: Token);
        var before = await Voices.ListVoicesAsync(id, cancellationToken: Token);

        var again = await Videos.CreateVideoWithVoicesAsync(new NewVideo("Other") { Id = id, Priority = 9 }, [.. s_conversation.Reverse(), new("Ana", "d")], cancellationToken: Token);

        var voices = await Voices.ListVoicesAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((again, (await Videos.GetVideoAsync(id, cancellationToken: Token))!.Title), Is.EqualTo((new CreateResult(id, Created: false), "Video")));
            Assert.That(voices.Take(3), Is.EqualTo(before));
            Assert.That(voices.Skip(3).Select(v => (v.Position, v.TextContent, v.Priority)), Is.EqualTo(new (int?, string, int)[] { (3, "d", 5) }));
        }
    }

    [Test]
    public async Task Ten_services_that_create_one_video_at_once_create_it_once()
    {
        var id = Guid.CreateVersion7();
        NewVoiceRequest[] conversation = [.. Enumerable.Range(0, 100).Select(i => new NewVoiceRequest("Ana", $"{i}"))];

        var created = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Videos.CreateVideoWithVoicesAsync(new NewVideo("Video") { Id = id }, conversation, cancellationToken: Token))));


        Assert.That((await Voices.ListVoicesAsync(id, cancellationToken: Token)).Select(v => v.TextContent), Is.EqualTo(conversation.Select(r => r.TextContent)));
        Assert.That(created.Count(c => c.Created), Is.EqualTo(1));
    }

    [Test]
    public async Task With_a_mapping_that_is_not_there_nothing_is_written()
    {
        var id = Guid.CreateVersion7();

        Assert.That(
            () => Videos.CreateVideoWithVoicesAsync(new NewVideo("Video") { Id = id }, [new("Ana", "a"), new("Ana", "b", Guid.NewGuid())], cancellationToken: Token),
            Throws.TypeOf<ParentNotFoundException>());
        Assert.That(await Videos.GetVideoAsync(id, cancellationToken: Token), Is.Null);
    }

    [Test]
    public async Task An_empty_list_makes_a_video_without_voices()
    {
        var video = await Videos.CreateVideoWithVoicesAsync("Video", [], cancellationToken: Token);

        Assert.That((await Status.GetVideoProcessingStatusAsync(video, cancellationToken: Token))!.TotalVoices, Is.Zero);
    }
}
