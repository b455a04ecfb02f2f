using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

/// <summary>update_video_completed, fail_video and delete_video.</summary>
public sealed class FinishVideoTests : DatabaseTest
{
    [TestCase("pending", WriteOutcome.NotAllowed)]
    [TestCase("processing", WriteOutcome.Applied)]
    [TestCase("completed", WriteOutcome.AlreadyFinished)]
    [TestCase("failed", WriteOutcome.AlreadyFinished)]
    [TestCase(null, WriteOutcome.NotAllowed)]
    public async Task UpdateVideoCompleted_completes_a_processing_video(string? from, WriteOutcome expected)
    {
        var id = await CreateVideoInAsync(from);
        var before = await Videos.GetVideoAsync(id, cancellationToken: Token);

        var outcome = await Videos.UpdateVideoCompletedAsync(id, "/final.mp4", cancellationToken: Token);

        var after = await Videos.GetVideoAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            Assert.That(after, Is.EqualTo(expected == WriteOutcome.Applied
                ? before! with { Status = VideoStatus.Completed, OutputVideoPath = "/final.mp4", ErrorMessage = null, CompletedAt = after!.CompletedAt, UpdatedAt = after.UpdatedAt }
                : before));
            if (expected == WriteOutcome.Applied)
                Assert.That(after!.CompletedAt, Is.GreaterThan(before!.UpdatedAt).And.LessThan(before.UpdatedAt.AddMinutes(1)));
        }
    }

    [TestCase("pending", WriteOutcome.Applied)]
    [TestCase("processing", WriteOutcome.Applied)]
    [TestCase("completed", WriteOutcome.AlreadyFinished)]
    [TestCase("failed", WriteOutcome.AlreadyFinished)]
    [TestCase(null, WriteOutcome.Applied)]
    public async Task FailVideo_fails_a_video_that_is_not_finished(string? from, WriteOutcome expected)
    {
        var id = await CreateVideoInAsync(from);
        var before = await Videos.GetVideoAsync(id, cancellationToken: Token);

        var outcome = await Videos.FailVideoAsync(id, "no disk", cancellationToken: Token);

        var after = await Videos.GetVideoAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            Assert.That(after, Is.EqualTo(expected == WriteOutcome.Applied
                ? before! with { Status = VideoStatus.Failed, ErrorMessage = "no disk", UpdatedAt = after!.UpdatedAt }
                : before));
        }
    }

    [Test]
    public async Task An_unknown_video_is_not_found()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Videos.UpdateVideoCompletedAsync(Guid.NewGuid(), "/final.mp4", cancellationToken: Token), Is.EqualTo(WriteOutcome.NotFound));
            Assert.That(await Videos.FailVideoAsync(Guid.NewGuid(), "no disk", cancellationToken: Token), Is.EqualTo(WriteOutcome.NotFound));
            Assert.That(await Videos.DeleteVideoAsync(Guid.NewGuid(), cancellationToken: Token), Is.False);
        }
    }

    [Test]
    public async Task Failing_a_video_leaves_its_requests()
    {
        var id = await CreateVideoAsync("Oi");

        await Videos.FailVideoAsync(id, "no disk", cancellationToken: Token);

        Assert.That((await Voices.ListVoicesAsync(id, cancellationToken: Token)).Single().Status, Is.EqualTo(VoiceStatus.Pending));
    }

    [Test]
    public async Task DeleteVideo_takes_its_requests_and_no_others()
    {
        var deleted = await CreateVideoAsync("a", "b", "c");
        var kept = await CreateVideoAsync("d", "e");

        var first = await Videos.DeleteVideoAsync(deleted, cancellationToken: Token);
        var second = await Videos.DeleteVideoAsync(deleted, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.True);
            Assert.That(second, Is.False);
            Assert.That(await Videos.GetVideoAsync(deleted, cancellationToken: Token), Is.Null);
            Assert.That(await ScalarAsync<long>("select count(*) from voices where video_id = @deleted", new { deleted }), Is.Zero);
            Assert.That(await Voices.ListVoicesAsync(kept, cancellationToken: Token), Has.Count.EqualTo(2));
        }
    }

    /// <summary>The statement must look at the row again after it has waited for it: a status read before the wait is stale.</summary>
    [TestCase("update", "completed", WriteOutcome.AlreadyFinished)]
    [TestCase("complete", "failed", WriteOutcome.AlreadyFinished)]
    [TestCase("complete", "pending", WriteOutcome.NotAllowed)]
    [TestCase("fail", "completed", WriteOutcome.AlreadyFinished)]
    [CancelAfter(30_000)]
    public async Task A_writer_that_commits_while_the_statement_waits_is_seen(string verb, string status, WriteOutcome expected)
    {
        var id = await CreateVideoInAsync("processing");
        await using var other = await HeldLock.TakeAsync(
            DataSource, "update videos set status = @status::video_status, error_message = 'other' where id = @id", new { id, status });

        var outcome = verb switch
        {
            "update" => Videos.UpdateVideoStatusAsync(id, VideoStatus.Failed, cancellationToken: Token),
            "complete" => Videos.UpdateVideoCompletedAsync(id, "/final.mp4", cancellationToken: Token),
            _ => Videos.FailVideoAsync(id, "mine", cancellationToken: Token),
        };
        await other.UntilWaitedForAsync(outcome, Token);
        await other.CommitAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await outcome, Is.EqualTo(expected));
            Assert.That((await Videos.GetVideoAsync(id, cancellationToken: Token))!.ErrorMessage, Is.EqualTo("other"));
        }
    }

    private async Task<Guid> CreateVideoInAsync(string? status)
    {
        var id = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await SqlAsync("update videos set status = @status::video_status, error_message = 'earlier' where id = @id", new { id, status });
        return id;
    }
}
