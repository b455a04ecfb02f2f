using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

/// <summary>What a caller is told who repeats a write to a video because the answer to the first was lost.</summary>
public sealed class RepeatedVideoWriteTests : DatabaseTest
{
    public enum Verb
    {
        Complete,
        Fail,
        Cancel,
        SetCompleted,
        SetFailed,
        SetImages,
        SetMetadata,
    }

    [Test]
    public async Task An_equal_write_is_applied_again_and_another_value_is_not([Values] Verb verb)
    {
        var video = await CreateVideoAsync("one");
        await Videos.UpdateVideoStatusAsync(video, VideoStatus.Processing, ["/old.png"], """{"old": true}""", cancellationToken: Token);
        Assert.That(await WriteAsync("first"), Is.EqualTo(WriteOutcome.Applied));
        var before = await RowsAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await WriteAsync("first"), Is.EqualTo(WriteOutcome.Applied));
            Assert.That(await WriteAsync("second"), Is.EqualTo(WriteOutcome.AlreadyFinished));
            Assert.That(await RowsAsync(), Is.EqualTo(before), "the repeats wrote nothing");
        }

        Task<WriteOutcome> WriteAsync(string value) => verb switch
        {
            Verb.Complete => Videos.UpdateVideoCompletedAsync(video, $"/{value}.mp4", cancellationToken: Token),
            Verb.Fail => Videos.FailVideoAsync(video, value, cancellationToken: Token),
            Verb.Cancel => Videos.CancelVideoAsync(video, value, cancellationToken: Token),
            // Without a value of its own the other write is the one to the other final state.
            Verb.SetCompleted => Videos.UpdateVideoStatusAsync(video, value == "first" ? VideoStatus.Completed : VideoStatus.Failed, cancellationToken: Token),
            Verb.SetFailed => Videos.UpdateVideoStatusAsync(video, value == "first" ? VideoStatus.Failed : VideoStatus.Completed, cancellationToken: Token),
            Verb.SetImages => Videos.UpdateVideoStatusAsync(video, VideoStatus.Completed, [$"/{value}.png"], cancellationToken: Token),
            _ => Videos.UpdateVideoStatusAsync(video, VideoStatus.Failed, metadata: $$"""{"value": "{{value}}"}""", cancellationToken: Token),
        };

        Task<string> RowsAsync() => ScalarAsync<string>("select jsonb_build_array(to_jsonb(v), to_jsonb(vo))::text from videos v join voices vo on vo.video_id = v.id");
    }

    [Test]
    public async Task A_cancel_that_failed_only_the_requests_of_a_failed_video_is_applied_again()
    {
        var video = await CreateVideoAsync("one");
        await Videos.FailVideoAsync(video, "no disk", cancellationToken: Token);
        Assert.That(await Videos.CancelVideoAsync(video, cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));

        Assert.That(await Videos.CancelVideoAsync(video, cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await Videos.CancelVideoAsync(video, "Another reason.", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
    }

    [Test]
    public async Task Another_writers_end_of_the_video_is_not_taken_for_an_own_one()
    {
        var (completed, failed) = (await CreateVideoAsync("one"), await CreateVideoAsync("two"));
        await SqlAsync("update videos set status = 'completed', output_video_path = null, error_message = 'text' where id = @completed", new { completed });
        await SqlAsync("update videos set status = 'failed', output_video_path = '/a.mp4', error_message = null where id = @failed", new { failed });

        using (Assert.EnterMultipleScope())
        {
            foreach (var video in new[] { completed, failed })
            {
                Assert.That(await Videos.UpdateVideoCompletedAsync(video, "/a.mp4", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
                Assert.That(await Videos.FailVideoAsync(video, "text", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
            }

            Assert.That(await Videos.CancelVideoAsync(completed, "text", cancellationToken: Token), Is.EqualTo(WriteOutcome.AlreadyFinished));
        }
    }
}
