using Npgsql;
using NpgsqlTypes;
using NUnit.Framework;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Videos;

public sealed class DeleteFinishedVideosTests : QueueTest
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    [Test]
    public async Task Only_videos_that_finished_long_ago_and_have_nothing_open_are_deleted_with_their_requests()
    {
        Guid[] kept =
        [
            await FinishedAsync("young", "completed", created: 3, finished: 0.5), await FinishedAsync("pending", "pending", 3, 3),
            await FinishedAsync("processing", "processing", 3, 3), await FinishedAsync("open line", "failed", 3, 3, "pending"),
            await FinishedAsync("running line", "completed", 3, 3, "processing"), await FinishedAsync("failed lately", "failed", 3, 0.5),
        ];
        await FinishedAsync("completed", "completed", 3, 3);
        await FinishedAsync("failed", "failed", 3, 3, "failed");

        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, cancellationToken: Token), Is.EqualTo(2));

        Assert.That((await Videos.ListVideosAsync(cancellationToken: Token)).Select(v => v.Id), Is.EquivalentTo(kept));
        Assert.That(await ScalarAsync<long>("select count(*) from voices"), Is.EqualTo(kept.Length));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(7)]
    [TestCase(100)]
    public async Task All_are_deleted_whatever_the_size_of_a_batch(int batchSize)
    {
        for (var i = 0; i < 7; i++)
            await FinishedAsync("old", "completed", 3, 3);

        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, batchSize, Token), Is.EqualTo(7));
        Assert.That(await ScalarAsync<long>("select count(*) from videos"), Is.Zero);
    }

    [Test]
    public async Task A_locked_video_is_left_and_not_waited_for()
    {
        var locked = await FinishedAsync("locked", "completed", 4, 4);
        await FinishedAsync("old", "completed", 3, 3);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await Videos.SetVideoPriorityAsync(locked, 1, transaction, Token);

        var deleted = Videos.DeleteFinishedVideosAsync(s_day, cancellationToken: Token);

        Assert.That(await deleted.WaitAsync(TimeSpan.FromSeconds(20), Token), Is.EqualTo(1));
        Assert.That((await Videos.ListVideosAsync(cancellationToken: Token)).Select(v => v.Id), Is.EqualTo(new[] { locked }));
    }

    [Test]
    public async Task A_video_to_which_somebody_adds_a_request_is_left()
    {
        var video = await FinishedAsync("old", "failed", 3, 3, "failed");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "new", transaction: transaction, cancellationToken: Token);

        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, cancellationToken: Token).WaitAsync(TimeSpan.FromSeconds(20), Token), Is.Zero);

        await transaction.CommitAsync(Token);
        Assert.That(await ClaimTextsAsync(5), Is.EqualTo(new[] { "new" }));
    }

    [Test]
    public async Task Claims_and_writes_go_on_while_a_deletion_is_open()
    {
        await FinishedAsync("old", "completed", 3, 3);
        await CreateVideoAsync("one", "two");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = Data.Internal.Statements.Get("videos/delete_finished_videos");
            command.Parameters.AddWithValue("olderThanSeconds", s_day.TotalSeconds);
            command.Parameters.AddWithValue("batchSize", 100);
            command.Parameters.Add(new NpgsqlParameter("afterCreatedAt", NpgsqlDbType.TimestampTz) { Value = DBNull.Value });
            command.Parameters.Add(new NpgsqlParameter("afterId", NpgsqlDbType.Uuid) { Value = DBNull.Value });
            Assert.That(await command.ExecuteNonQueryAsync(Token), Is.EqualTo(1));
        }

        var limit = TimeSpan.FromSeconds(5);
        var requests = await Voices.ClaimVoicesAsync("worker", 5, Lease, cancellationToken: Token).WaitAsync(limit, Token);
        Assert.That(requests, Has.Count.EqualTo(2));
        Assert.That(await Voices.CompleteVoiceProcessingAsync(requests[0].Fence, "/one.wav", cancellationToken: Token).WaitAsync(limit, Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, cancellationToken: Token).WaitAsync(limit, Token), Is.Zero);
    }

    [Test]
    public async Task A_batch_begins_behind_the_batch_before()
    {
        await FinishedAsync("cannot go", "completed", 9, 0);
        for (var i = 0; i < 3; i++)
            await FinishedAsync($"{i}", "completed", 5, 5);
        // From the first deletion on it could go, but the call has passed it by.
        await SqlAsync(
            """
            create function let_go() returns trigger language plpgsql as $$
            begin update videos set completed_at = now() - interval '9 days' where title = 'cannot go'; return null; end $$;
            create trigger let_go after delete on videos for each statement execute function let_go();
            """);

        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, batchSize: 1, cancellationToken: Token), Is.EqualTo(3));
        Assert.That(await Videos.DeleteFinishedVideosAsync(s_day, batchSize: 1, cancellationToken: Token), Is.EqualTo(1), "the next call");
    }

    /// <summary>A video with one request; the times are days ago.</summary>
    private async Task<Guid> FinishedAsync(string title, string status, double created, double finished, string voiceStatus = "completed")
    {
        var id = await Videos.CreateVideoAsync(title, cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(id, "Aluno", title, cancellationToken: Token);
        await SqlAsync("update voices set status = @voiceStatus::voice_status where video_id = @id", new { id, voiceStatus });
        // Without the trigger, which would write now into updated_at.
        await SqlAsync(
            """
            begin;
            set local session_replication_role = replica;
            update videos
            set status = @status::video_status,
                created_at = now() - make_interval(secs => @created * 86400),
                updated_at = now() - make_interval(secs => @finished * 86400),
                completed_at = case when @status = 'completed' then now() - make_interval(secs => @finished * 86400) end
            where id = @id;
            commit;
            """,
            new { id, status, created, finished });
        return id;
    }
}
