using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class CreateVideoTests : DatabaseTest
{
    [Test]
    public async Task A_created_video_is_pending_and_has_what_was_given()
    {
        var before = await ScalarAsync<DateTime>("select clock_timestamp()");

        var (id, created) = await Videos.CreateVideoAsync(
            new NewVideo("Title") { Description = "Text", BackgroundVideoPath = "/b.mp4", Metadata = """{"b":1,"a":[true,null]}""", Priority = 9 }, cancellationToken: Token);

        var video = await Videos.GetVideoAsync(id, cancellationToken: Token);
        var after = await ScalarAsync<DateTime>("select clock_timestamp()");
        var expected = new Video
        {
            Id = id,
            Title = "Title",
            Description = "Text",
            BackgroundVideoPath = "/b.mp4",
            Metadata = """{"a": [true, null], "b": 1}""",
            Priority = 9,
            Status = VideoStatus.Pending,
            CreatedAt = video!.CreatedAt,
            UpdatedAt = video.CreatedAt,
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(video, Is.EqualTo(expected));
            Assert.That(video.CreatedAt.UtcDateTime, Is.InRange(before, after), "The time is the server's");
            Assert.That((created, id.Version), Is.EqualTo((true, 7)));
        }
    }

    [Test]
    public async Task What_is_not_given_is_null()
    {
        var id = await Videos.CreateVideoAsync("Title", cancellationToken: Token);

        var video = await Videos.GetVideoAsync(id, cancellationToken: Token);
        Assert.That(video, Is.EqualTo(new Video { Id = id, Title = "Title", CreatedAt = video!.CreatedAt, UpdatedAt = video.UpdatedAt }));
    }

    [Test]
    public async Task Repeating_with_the_same_id_changes_nothing()
    {
        var id = Guid.NewGuid();
        await Videos.CreateVideoAsync(new NewVideo("First") { Description = "First", Id = id }, cancellationToken: Token);
        var first = await Videos.GetVideoAsync(id, cancellationToken: Token);

        var second = await Videos.CreateVideoAsync(new NewVideo("Second") { Priority = 3, Id = id }, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(second, Is.EqualTo(new CreateResult(id, Created: false)));
            Assert.That(await Videos.GetVideoAsync(id, cancellationToken: Token), Is.EqualTo(first));
        }
    }

    [Test]
    public async Task Ten_creates_with_one_id_at_once_give_one_video()
    {
        var id = Guid.NewGuid();

        var created = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Videos.CreateVideoAsync(new NewVideo($"Title {i}") { Id = id }, cancellationToken: Token)));

        Assert.That(await Videos.ListVideosAsync(cancellationToken: Token), Has.Count.EqualTo(1));
        Assert.That(created.Count(c => c.Created), Is.EqualTo(1));
    }

    [TestCase("\"text\"")]
    [TestCase("1.50")]
    [TestCase("null")]
    [TestCase("[]")]
    public async Task Metadata_may_be_any_json_value(string json)
    {
        var id = await Videos.CreateVideoAsync("Title", metadata: json, cancellationToken: Token);

        Assert.That((await Videos.GetVideoAsync(id, cancellationToken: Token))!.Metadata, Is.EqualTo(json));
    }

    [Test]
    public async Task An_unknown_id_reads_as_null() =>
        Assert.That(await Videos.GetVideoAsync(Guid.NewGuid(), cancellationToken: Token), Is.Null);
}
