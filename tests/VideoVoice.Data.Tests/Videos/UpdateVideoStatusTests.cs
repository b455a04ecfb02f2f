using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class UpdateVideoStatusTests : DatabaseTest
{
    [TestCase("pending", VideoStatus.Pending, WriteOutcome.Applied)]
    [TestCase("pending", VideoStatus.Processing, WriteOutcome.Applied)]
    [TestCase("pending", VideoStatus.Completed, WriteOutcome.NotAllowed)]
    [TestCase("pending", VideoStatus.Failed, WriteOutcome.Applied)]
    [TestCase("processing", VideoStatus.Pending, WriteOutcome.NotAllowed)]
    [TestCase("processing", VideoStatus.Processing, WriteOutcome.Applied)]
    [TestCase("processing", VideoStatus.Completed, WriteOutcome.Applied)]
    [TestCase("processing", VideoStatus.Failed, WriteOutcome.Applied)]
    [TestCase("completed", VideoStatus.Pending, WriteOutcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Processing, WriteOutcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Completed, WriteOutcome.AlreadyFinished)]
    [TestCase("completed", VideoStatus.Failed, WriteOutcome.AlreadyFinished)]
    [TestCase("failed", VideoStatus.Pending, WriteOutcome.Applied)]
    [TestCase("failed", VideoStatus.Processing, WriteOutcome.Applied)]
    [TestCase("failed", VideoStatus.Completed, WriteOutcome.AlreadyFinished)]
    [TestCase("failed", VideoStatus.Failed, WriteOutcome.AlreadyFinished)]
    [TestCase(null, VideoStatus.Pending, WriteOutcome.Applied)]
    [TestCase(null, VideoStatus.Processing, WriteOutcome.Applied)]
    [TestCase(null, VideoStatus.Completed, WriteOutcome.NotAllowed)]
    [TestCase(null, VideoStatus.Failed, WriteOutcome.Applied)]
    public async Task The_state_machine_decides(string? from, VideoStatus to, WriteOutcome expected)
    {
        var id = await CreateVideoInAsync(from);
        var before = await Videos.GetVideoAsync(id, cancellationToken: Token);

        var outcome = await Videos.UpdateVideoStatusAsync(id, to, ["/new.png"], """{"new": true}""", cancellationToken: Token);

        var after = await Videos.GetVideoAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            if (expected == WriteOutcome.Applied)
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
        Assert.That(await Videos.UpdateVideoStatusAsync(Guid.NewGuid(), VideoStatus.Processing, cancellationToken: Token), Is.EqualTo(WriteOutcome.NotFound));

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

        Assert.That(outcomes.Order(), Is.EqualTo(Enumerable.Repeat(WriteOutcome.AlreadyFinished, 15).Prepend(WriteOutcome.Applied)));
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
