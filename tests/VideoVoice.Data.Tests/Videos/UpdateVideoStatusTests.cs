using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class UpdateVideoStatusTests : DatabaseTest
{
    [TestCase("pending", VideoStatus.Pending, Outcome.Applied)]
    [TestCase("pending", VideoStatus.Processing, Outcome.Applied)]
    [TestCase("pending", VideoStatus.Completed, Outcome.NotAllowed)]
    [TestCase("pending", VideoStatus.Failed, Outcome.Applied)]
    [TestCase("processing", VideoStatus.Pending, Outcome.NotAllowed)]
    [TestCase("processing", VideoStatus.Processing, Outcome.Applied)]
    [TestCase("processing", VideoStatus.Completed, Outcome.Applied)]
    [TestCase("processing", VideoStatus.Failed, Outcome.Applied)]
    [TestCase("completed", VideoStatus.Pending, Outcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Processing, Outcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Completed, Outcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Failed, Outcome.AlreadyFinished)]
    [TestCase("failed", VideoStatus.Pending, Outcome.Applied)]
    [TestCase("failed", VideoStatus.Processing, Outcome.Applied)]
    [TestCase("failed", VideoStatus.Completed, Outcome.AlreadyFinished)]
    [TestCase("failed", VideoStatus.Failed, Outcome.AlreadyFinished)]
    [TestCase(null, VideoStatus.Pending, Outcome.Applied)]
    [TestCase(null, VideoStatus.Processing, Outcome.Applied)]
    [TestCase(null, VideoStatus.Completed, Outcome.NotAllowed)]
    [TestCase(null, VideoStatus.Failed, Outcome.Applied)]
    public async Task The_state_machine_decides(string? from, VideoStatus to, Outcome expected)
    {
        var id = await CreateVideoInAsync(from);
        var before = await Videos.GetVideoAsync(id, cancellationToken: Token);

        var outcome = await Videos.UpdateVideoStatusAsync(id, to, ["/new.png"], """{"new": true}""", cancellationToken: Token);

        var after = await Videos.GetVideoAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            if (expected == Outcome.Applied)
            {
                Assert.That(after!.Status, Is.EqualTo(to));
                Assert.That(after.WhatsappImagesPaths, Is.EqualTo(["/new.png"]));
                Assert.That(after.Metadata, Is.EqualTo("""{"new": true}"""));
                Assert.That(after.CompletedAt.HasValue, Is.EqualTo(to == VideoStatus.Completed));
                Assert.That(after.ErrorMessage, to == VideoStatus.Failed ? Is.EqualTo(before!.ErrorMessage) : Is.Null);
                Assert.That(after.UpdatedAt, Is.GreaterThan(before!.UpdatedAt));
            }
            else
            {
                Assert.That(after! with { WhatsappImagesPaths = null }, Is.EqualTo(before! with { WhatsappImagesPaths = null }), "Nothing was changed");
                Assert.That(after.WhatsappImagesPaths, Is.EqualTo(before.WhatsappImagesPaths));
            }
        }
    }

    [Test]
    public async Task An_unknown_video_is_not_found() =>
        Assert.That(await Videos.UpdateVideoStatusAsync(Guid.NewGuid(), VideoStatus.Processing, cancellationToken: Token), Is.EqualTo(Outcome.NotFound));

    [Test]
    public async Task Only_the_named_video_is_changed()
    {
        var other = await CreateVideoInAsync("pending");

        await Videos.UpdateVideoStatusAsync(await CreateVideoInAsync("pending"), VideoStatus.Processing, cancellationToken: Token);

        Assert.That((await Videos.GetVideoAsync(other, cancellationToken: Token))!.Status, Is.EqualTo(VideoStatus.Pending));
    }

    [Test]
    public async Task What_is_not_given_stays()
    {
        var id = await CreateVideoInAsync("pending");

        await Videos.UpdateVideoStatusAsync(id, VideoStatus.Processing, cancellationToken: Token);

        var video = await Videos.GetVideoAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(video!.WhatsappImagesPaths, Is.EqualTo(["/old.png"]));
            Assert.That(video.Metadata, Is.EqualTo("""{"old": true}"""));
            Assert.That(video.Title, Is.EqualTo("Video"));
        }
    }

    [Test]
    public async Task Metadata_is_replaced_as_a_whole()
    {
        var id = await CreateVideoInAsync("pending");

        await Videos.UpdateVideoStatusAsync(id, VideoStatus.Pending, metadata: """{"only": 1}""", cancellationToken: Token);

        Assert.That((await Videos.GetVideoAsync(id, cancellationToken: Token))!.Metadata, Is.EqualTo("""{"only": 1}"""));
    }

    [Test]
    public async Task An_empty_list_of_paths_empties_them()
    {
        var id = await CreateVideoInAsync("pending");

        await Videos.UpdateVideoStatusAsync(id, VideoStatus.Pending, [], cancellationToken: Token);

        Assert.That((await Videos.GetVideoAsync(id, cancellationToken: Token))!.WhatsappImagesPaths, Is.Empty);
    }

    [Test]
    public async Task Of_sixteen_completions_at_once_one_is_applied()
    {
        var id = await CreateVideoInAsync("processing");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Videos.UpdateVideoStatusAsync(id, VideoStatus.Completed, metadata: $"{i}", cancellationToken: Token)));

        Assert.That(outcomes.Order(), Is.EqualTo(Enumerable.Repeat(Outcome.AlreadyFinished, 15).Prepend(Outcome.Applied)));
    }

    private async Task<Guid> CreateVideoInAsync(string? status)
    {
        var id = await Videos.CreateVideoAsync("Video", metadata: """{"old": true}""", cancellationToken: Token);
        await SqlAsync(
            """
            update videos
            set status = @status::video_status,
                whatsapp_images_paths = array['/old.png'],
                error_message = case when @status = 'failed' then 'broken' end,
                completed_at = case when @status = 'completed' then now() end
            where id = @id
            """,
            new { id, status });
        return id;
    }
}
