using Dapper;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>
/// What grows, and must not: the pages that a statement touches beside 100,000 rows that are none of its business. docs/tuning.md has the figures. The
/// bounds are some times what was measured, and a hundredth of what it was before.
/// </summary>
[CancelAfter(300_000)]
public sealed class FlatCostTests : DatabaseTest
{
    private const int Many = 100_000;

    private static readonly Dictionary<string, string> s_first = new()
    {
        ["cursorPriority"] = $"{int.MinValue}",
        ["cursorQueued"] = "1970-01-01",
        ["cursorId"] = $"{Guid.Empty}",
    };

    private NpgsqlDataSource _library = null!;
    private NpgsqlConnection _connection = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        await SqlAsync("alter table voices set (autovacuum_enabled = false); alter table videos set (autovacuum_enabled = false)");
        _library = DataSources.Create(new VideoVoiceOptions { ConnectionString = ConnectionString }, null);
        _connection = await _library.OpenConnectionAsync(Token);
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _connection.DisposeAsync();
        await _library.DisposeAsync();
    }

    [Test]
    public async Task Delayed_retries_of_a_higher_priority_cost_neither_a_claim_nor_a_look()
    {
        await FillAsync("pending", ("priority", "5"), ("available_at", "now() + interval '1 hour'"), ("failures", "1"));
        Assert.That(await PagesAsync("notifications/get_next_work", s_first), Is.LessThan(50), "Nothing else is pending.");

        await CreateVideoAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await PagesAsync("notifications/get_next_work", s_first), Is.LessThan(50));
            Assert.That(await PagesAsync("voices/claim_voices", Claim(1)), Is.LessThan(100));
            Assert.That(await PagesAsync("voices/list_pending_voices", new() { ["limit"] = "10" }), Is.LessThan(200));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_backlog_costs_neither_a_claim_nor_a_list_of_its_head(bool analyzed)
    {
        await FillAsync("pending");
        if (analyzed)
            await SqlAsync("analyze voices");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await PagesAsync("notifications/get_next_work", s_first), Is.LessThan(20));
            Assert.That(await PagesAsync("voices/claim_voices", Claim(10)), Is.LessThan(400));
            Assert.That(await PagesAsync("voices/list_pending_voices", new() { ["limit"] = "10" }), Is.LessThan(200));
        }
    }

    [Test]
    public async Task Retries_that_are_due_are_moved_at_a_cost_of_their_own_number()
    {
        await FillAsync("pending", ("available_at", "case when n % 1000 = 0 then now() - interval '1 second' else now() + interval '1 hour' end"));

        Assert.That(await PagesAsync("queue/enqueue_due_retries", []), Is.LessThan(100 * 30));
    }

    [Test]
    public async Task Dead_entries_before_the_cursor_cost_nothing()
    {
        await FillAsync("pending");
        // Drained, and no vacuum has come.
        await SqlAsync("update voices set status = 'completed'");
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 100).Select(i => $"{i}")]);
        await SqlAsync("update voices set queue_at = now() + interval '10 days' + position * interval '1 second' where video_id = @video", new { video });
        var last = (await Voices.ClaimVoicesAsync("worker", 1, TimeSpan.FromMinutes(5), cancellationToken: Token)).Single();
        Dictionary<string, string> cursor = new() { ["cursorPriority"] = $"{-last.Priority}", ["cursorQueued"] = $"{last.QueueAt:O}", ["cursorId"] = $"{last.Id}" };

        using (Assert.EnterMultipleScope())
        {
            // A snapshot that another holds keeps the server from marking them as dead, too.
            Assert.That(await PagesAsync("voices/claim_voices", Claim(16, cursor)), Is.LessThan(16 * 25));
            Assert.That(
                await PagesAsync("queue/claim_loaded_voices", new(Claim(16, cursor)) { ["loadedVoiceMappingIds"] = "{}", ["preferenceSeconds"] = "30" }),
                Is.LessThan(16 * 40));
            Assert.That(await PagesAsync("queue/get_head", cursor), Is.LessThan(30));
            Assert.That(await PagesAsync("notifications/get_next_work", cursor), Is.LessThan(30));
        }
    }

    [Test]
    public async Task The_statistics_of_the_queue_do_not_follow_its_backlog()
    {
        await FillAsync("pending", ("priority", "n % 3"));
        await FillAsync("processing", ("lease_expires_at", "now() + interval '1 hour'"));

        Assert.That(await PagesAsync("status/get_queue_statistics", new() { ["maxCount"] = $"{QueueStatistics.MaxCount}" }), Is.LessThan(4 * QueueStatistics.MaxCount));
        var statistics = await Status.GetQueueStatisticsAsync(cancellationToken: Token);
        Assert.That((statistics.PendingVoices, statistics.ProcessingVoices), Is.EqualTo((QueueStatistics.MaxCount, QueueStatistics.MaxCount)), "So many or more.");
    }

    [Test]
    public async Task A_notification_does_not_read_the_other_requests_of_its_video()
    {
        await FillAsync("pending");
        await SqlAsync("insert into videovoice_listeners (waits_for, channel, expires_at) values ('voices', 'somebody', now() + interval '1 hour')");
        var voice = await ScalarAsync<Guid>("select id from voices limit 1");
        var video = await ScalarAsync<Guid>("select id from videos limit 1");
        Dictionary<string, string> notes = new() { ["newRequests"] = "1", ["voiceIds"] = $"{{{voice}}}", ["videoIds"] = $"{{{video}}}" };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await PagesAsync("notifications/notify_listeners", notes), Is.LessThan(40));
            Assert.That(await PagesAsync("notifications/notify_on_commit", notes), Is.LessThan(40));
        }
    }

    [Test]
    public async Task The_deletion_of_a_mapping_does_not_read_the_requests()
    {
        await FillAsync("completed", ("voice_mapping_id", "(select id from voice_mappings where voice_id = 'aluno')"));
        // As the index is after a vacuum, or after the server's own summary of full ranges.
        await SqlAsync("select brin_summarize_new_values('idx_voices_voice_mapping_id')");
        await using var transaction = await _connection.BeginTransactionAsync(Token);

        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("professora", transaction, Token), Is.EqualTo(WriteOutcome.Applied));
        Assert.That(await RowsReadAsync(), Is.LessThan(Many / 10), "not used");
        Assert.That(await VoiceMappings.DeleteVoiceMappingAsync("aluno", transaction, Token), Is.EqualTo(WriteOutcome.NotAllowed));
        Assert.That(await RowsReadAsync(), Is.LessThan(Many / 10), "used");
    }

    [Test]
    public async Task A_batch_of_retention_begins_behind_the_batch_before()
    {
        await SqlAsync(
            """
            insert into videos (id, title, status, created_at, completed_at)
            select gen_random_uuid(), 'Video', 'completed', now() - interval '2 years' + n * interval '1 second', case when n <= @Many then now() else now() - interval '1 year' end
            from generate_series(1, @Many + 250) n
            """,
            new { Many });
        var (at, id) = await ScalarsAsync("select created_at, id from videos order by created_at, id offset 100000 limit 1");
        Dictionary<string, string> batch = new() { ["olderThanSeconds"] = "86400", ["batchSize"] = "100", ["afterCreatedAt"] = $"{at:O}", ["afterId"] = $"{id}" };

        Assert.That(await PagesAsync("videos/delete_finished_videos", batch), Is.LessThan(100 * 15));
        Assert.That(await Videos.DeleteFinishedVideosAsync(TimeSpan.FromDays(30), cancellationToken: Token), Is.EqualTo(250));
    }

    /// <summary>Plans are kept by each connection. Those made while the tables were empty must do when they have grown, before any vacuum has come.</summary>
    [Test]
    public async Task Plans_made_on_empty_tables_read_no_table_whole_when_it_has_grown()
    {
        for (var i = 0; i < 10; i++)
        {
            await using var empty = await _connection.BeginTransactionAsync(Token);
            await WorkAsync(empty);
        }

        await FillAsync("completed", ("voice_mapping_id", "(select id from voice_mappings where voice_id = 'aluno')"));
        // Newer than it: its state is not among those of the newest ten.
        for (var i = 0; i < 10; i++)
            await CreateVideoAsync("one");
        await using var transaction = await _connection.BeginTransactionAsync(Token);
        await WorkAsync(transaction);

        Assert.That(await _connection.ExecuteScalarAsync<long>("select sum(seq_tup_read) from pg_stat_xact_user_tables where relname in ('voices', 'videos')"), Is.Zero);
        Assert.That(await RowsReadAsync(), Is.LessThan(2_000));
    }

    private async Task WorkAsync(NpgsqlTransaction transaction)
    {
        var lease = TimeSpan.FromMinutes(1);
        var video = await Videos.CreateVideoWithVoicesAsync("Video", [.. Enumerable.Range(0, 6).Select(i => new NewVoiceRequest("Aluno", $"{i}"))], transaction, Token);
        await Voices.CreateVoiceRequestAsync(video, "Aluno", "seven", transaction: transaction, cancellationToken: Token);
        var claimed = await Voices.ClaimVoicesAsync("worker", 5, lease, transaction, Token);
        VoiceFence[] fences = [.. claimed.Select(c => c.Fence)];
        await Voices.HeartbeatVoicesAsync(fences, lease, transaction, Token);
        await Voices.CompleteVoicesAsync([new VoiceCompletion(fences[0], "/a.wav"), new VoiceCompletion(fences[1], "/b.wav")], transaction, Token);
        await Voices.FailVoiceProcessingAsync(fences[2], "broken", transaction: transaction, cancellationToken: Token);
        await Voices.ReleaseVoicesAsync(fences[3..], transaction, Token);
        await Voices.ReleaseVoicesAsync(fences, transaction, Token);
        await Voices.ListVoicesAsync(video, transaction: transaction, cancellationToken: Token);
        await Voices.ListPendingVoicesAsync(transaction: transaction, cancellationToken: Token);
        await Voices.ListCompletedAudioPathsAsync(video, transaction, Token);
        await Status.GetVideoProcessingStatusAsync(video, transaction, Token);
        await Status.ListVideoProcessingStatusAsync(limit: 10, transaction: transaction, cancellationToken: Token);
        await Status.GetQueueStatisticsAsync(transaction, Token);
        await Videos.SetVideoPriorityAsync(video, 3, transaction, Token);
        await Videos.CancelVideoAsync(video, transaction: transaction, cancellationToken: Token);
        await Videos.ListVideosAsync(limit: 10, transaction: transaction, cancellationToken: Token);
        await Videos.DeleteVideoAsync(video, transaction, Token);
    }

    /// <summary>Rows of voices that this transaction has read, by whatever way.</summary>
    private Task<long> RowsReadAsync() =>
        _connection.ExecuteScalarAsync<long>("select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'voices'");

    private Task<int> PagesAsync(string statement, Dictionary<string, string> arguments) => Plan.PagesAsync(_connection, statement, arguments);

    private async Task<(DateTimeOffset At, Guid Id)> ScalarsAsync(string sql)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        return await connection.QuerySingleAsync<(DateTimeOffset, Guid)>(sql);
    }

    private static Dictionary<string, string> Claim(int limit, Dictionary<string, string>? cursor = null) => new(cursor ?? s_first)
    {
        ["workerId"] = "worker",
        ["claimId"] = $"{Guid.NewGuid()}",
        ["limit"] = $"{limit}",
        ["leaseSeconds"] = "60",
    };

    /// <summary>One video of 100,000 requests in a state, with more of their columns set by expressions of n, their position.</summary>
    private async Task FillAsync(string status, params (string Column, string Value)[] more)
    {
        var video = await Videos.CreateVideoAsync("Many", cancellationToken: Token);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(new CommandDefinition(
            $"""
            insert into voices (id, video_id, character_name, text_content, position, status{string.Concat(more.Select(m => $", {m.Column}"))})
            select gen_random_uuid(), @video, 'Aluno', 'text', n, '{status}'{string.Concat(more.Select(m => $", {m.Value}"))}
            from generate_series(1, @Many) n
            """,
            new { video, Many },
            commandTimeout: 0,
            cancellationToken: Token));
    }
}
