using System.Text.RegularExpressions;
using Dapper;
using NUnit.Framework;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>
/// The plans of the hot statements on a table of 1,000,000 finished requests: with fresh statistics and with those of an almost empty table,
/// in a session as the library opens it, with generic plans, and as custom plans in one of the server's defaults. And the plans that the library's session makes
/// on empty tables, and keeps while they grow. None reads a table whole or enters it by an index on its state where the primary key is meant.
/// </summary>
[CancelAfter(300_000)]
public sealed partial class PlanTests : DatabaseTest
{
    private const string Empty = "empty tables";
    private const string Stale = "stale statistics";
    private const string Voice = "00000000-0000-7000-8000-000000000001";

    private static readonly (string Statement, Dictionary<string, string> Arguments, string[] Indexes)[] s_hot =
    [
        ("voices/claim_voices", Claim(("cursorPriority", "0"), ("cursorQueued", "2020-01-01"), ("cursorId", Voice)), ["idx_voices_claim"]),
        ("queue/claim_loaded_voices", Claim(("loadedVoiceMappingIds", $"{{{Voice}}}"), ("preferenceSeconds", "30"), ("cursorPriority", "0"), ("cursorQueued", "2020-01-01"), ("cursorId", Voice)), ["idx_voices_claim", "voices_pkey"]),
        ("queue/get_head", new() { ["cursorPriority"] = "0", ["cursorQueued"] = "2020-01-01", ["cursorId"] = Voice }, ["idx_voices_claim"]),
        ("queue/requeue_lapsed_voices", new() { ["limit"] = "10" }, ["idx_voices_lease"]),
        ("queue/enqueue_due_retries", [], ["idx_voices_available"]),
        ("queue/list_outcomes", Many(("outputAudioPaths", "{/a.wav}"), ("remoteStoragePaths", "{null}"), ("errorMessage", "e"), ("isRelease", "false")), ["voices_pkey"]),
        ("voices/complete_voices", Many(("outputAudioPaths", "{/a.wav}"), ("areLocalStorage", "{true}"), ("remoteStoragePaths", "{null}")), ["voices_pkey"]),
        ("voices/fail_voice_processing", Many(("errorMessage", "e"), ("permanent", "false"), ("retrySeconds", "1"), ("maxRetrySeconds", "1")), ["voices_pkey"]),
        ("voices/heartbeat_voices", Many(("renewSeconds", "60")), ["voices_pkey"]),
        ("voices/release_voices", Many(), ["voices_pkey"]),
        ("voices/start_voice_processing", One(), ["voices_pkey"]),
        ("voices/get_voice", One(), ["voices_pkey"]),
        ("voices/list_voices", Of("videoId", ("limit", "100"), ("offset", "0")), ["idx_voices_video_id_position"]),
        ("voices/get_voice_at_position", Of("videoId", ("position", "1")), ["idx_voices_video_id_position"]),
        ("voices/list_claimed_voices", Of("claimId"), ["idx_voices_lease"]),
        ("voices/list_completed_audio_paths", new() { ["videoIds"] = $"{{{Voice}}}" }, ["idx_voices_video_id_position"]),
        ("voices/list_pending_voices", new() { ["limit"] = "100" }, ["idx_voices_claim", "idx_voices_available"]),
        ("voices/retry_failed_voices", new() { ["videoId"] = Voice, ["maxAttempts"] = "3", ["queueStep"] = "1", ["batchSize"] = "5000" }, ["idx_voices_video_id_position", "voices_pkey"]),
        ("voices/requeue_stuck_voices", new() { ["olderThanSeconds"] = "3600", ["batchSize"] = "5000" }, ["idx_voices_lease"]),
        ("videos/get_video", One(), ["videos_pkey"]),
        ("videos/list_videos", Page(), ["idx_videos_created_at_id"]),
        ("videos/list_videos_by_status", Page(("status", "pending")), ["idx_videos_status_created_at_id"]),
        ("videos/update_video_status", One(("status", "processing"), ("whatsappImagesPaths", "{}"), ("metadata", "{}")), ["videos_pkey"]),
        ("videos/update_video_completed", One(("outputVideoPath", "/o")), ["videos_pkey"]),
        ("videos/cancel_video", One(("reason", "r"), ("batchSize", "5000")), ["videos_pkey", "voices_pkey", "idx_voices_video_id_position"]),
        ("videos/set_video_priority", One(("priority", "1"), ("batchSize", "5000")), ["videos_pkey", "voices_pkey", "idx_voices_video_id_position"]),
        ("videos/delete_finished_videos", new() { ["olderThanSeconds"] = "86400", ["batchSize"] = "100", ["afterCreatedAt"] = "2020-01-01", ["afterId"] = Voice }, ["idx_videos_created_at_id", "videos_pkey", "idx_voices_video_id_position"]),
        ("status/get_video_processing_status", Of("videoId"), ["videos_pkey", "idx_voices_video_id_position"]),
        ("status/list_video_processing_status", Page(), ["idx_videos_created_at_id", "idx_voices_video_id_position"]),
        ("status/check_video_voices_completion", Of("videoId"), ["idx_voices_video_id_position"]),
        ("notifications/list_progress", new() { ["videoIds"] = $"{{{Voice}}}" }, ["videos_pkey", "idx_voices_video_id_position"]),
        ("status/get_queue_statistics", new() { ["maxCount"] = "10000" }, ["idx_voices_claim", "idx_voices_available", "idx_voices_lease"]),
        ("notifications/notify_listeners", new() { ["newRequests"] = "1", ["voiceIds"] = $"{{{Voice}}}", ["videoIds"] = $"{{{Voice}}}" }, ["voices_pkey"]),
        ("notifications/notify_on_commit", new() { ["newRequests"] = "1", ["voiceIds"] = $"{{{Voice}}}", ["videoIds"] = $"{{{Voice}}}" }, ["voices_pkey"]),
        ("notifications/get_next_work", new() { ["cursorPriority"] = "0", ["cursorQueued"] = "2020-01-01", ["cursorId"] = Voice }, ["idx_voices_claim", "idx_voices_available", "idx_voices_lease"]),
    ];

    /// <summary>Those that take the first few in the order of an index.</summary>
    private static readonly string[] s_ordered =
    [
        "voices/claim_voices", "queue/claim_loaded_voices", "queue/get_head", "queue/requeue_lapsed_voices", "queue/enqueue_due_retries", "voices/list_pending_voices",
        "videos/list_videos", "videos/list_videos_by_status", "videos/delete_finished_videos", "status/list_video_processing_status", "status/get_queue_statistics",
        "notifications/get_next_work",
    ];

    [Test]
    public async Task Hot_statements_walk_the_index_that_is_meant_for_them()
    {
        await SqlAsync("alter table voices set (autovacuum_enabled = false); alter table videos set (autovacuum_enabled = false)");
        var faults = await FaultsAsync(Empty);
        await CreateVideoAsync("one", "two", "three");
        await SqlAsync("analyze videos; analyze voices");
        await FillAsync();
        faults.AddRange(await FaultsAsync(Stale));
        await SqlAsync("analyze videos; analyze voices");
        faults.AddRange(await FaultsAsync("fresh statistics"));

        Assert.That(faults, Is.Empty, string.Join("\n\n", faults));
    }

    private async Task<List<string>> FaultsAsync(string statistics)
    {
        await using var ofTheLibrary = DataSources.Create(new VideoVoiceOptions { ConnectionString = ConnectionString }, null);
        await using var generic = await ofTheLibrary.OpenConnectionAsync(Token);
        await using var custom = await DataSource.OpenConnectionAsync(Token);
        await custom.ExecuteAsync("set plan_cache_mode = force_custom_plan");
        var faults = new List<string>();
        foreach (var (statement, arguments, indexes) in s_hot)
        {
            // A custom plan is made anew when the tables have grown; that of the library's session is kept.
            foreach (var connection in statistics == Empty ? [generic] : new[] { generic, custom })
            {
                var plan = await Plan.ExplainAsync(connection, statement, arguments);
                var where = $"{statement}, {statistics}, {(connection == generic ? "the library's session" : "custom plan")}";
                var used = IndexNames().Matches(plan).Select(m => m.Value).Distinct().ToList();
                if (SeqScan().IsMatch(plan) || used.Count == 0 || used.Except(indexes).Any())
                    faults.Add($"{where}: it may use {string.Join(", ", indexes)}\n{plan}");
                if (connection == generic && s_ordered.Contains(statement) && plan.Contains("Bitmap", StringComparison.Ordinal))
                    faults.Add($"{where}: it reads all that it could return, and sorts it\n{plan}");
                // Fresh statistics tell that no vacuum has marked the pages, and then rows are as near as the index.
                if (statistics == Stale && indexes.Contains("idx_voices_video_id_position") && statement.StartsWith("status/", StringComparison.Ordinal) && !plan.Contains("Index Only Scan using idx_voices_video_id_position", StringComparison.Ordinal))
                    faults.Add($"{where}: the counts are in the index\n{plan}");
            }
        }

        return faults;
    }

    // Without a time limit: a busy machine takes its time, and the test has one.
    private async Task FillAsync()
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into videos (id, title, status, created_at, completed_at)
            select md5('video' || n)::uuid, 'Video', 'completed', now() - n * interval '1 minute', now()
            from generate_series(1, 200000) n;
            insert into voices (video_id, character_name, text_content, position, status, attempt, created_at, queue_at, output_audio_path)
            select md5('video' || (n / 20 + 1))::uuid, 'Aluno', 'text', n % 20, 'completed', 1, now() - n * interval '1 second', now() - n * interval '1 second', '/a.wav'
            from generate_series(0, 999999) n;
            """,
            commandTimeout: 0,
            cancellationToken: Token));
    }

    private static Dictionary<string, string> Claim(params (string Name, string Value)[] more) => new(
    [
        new("workerId", "w"), new("claimId", Voice), new("limit", "10"), new("leaseSeconds", "60"), .. more.Select(m => KeyValuePair.Create(m.Name, m.Value)),
    ]);

    private static Dictionary<string, string> Of(string parameter, params (string Name, string Value)[] more) =>
        new([new(parameter, Voice), .. more.Select(m => KeyValuePair.Create(m.Name, m.Value))]);

    private static Dictionary<string, string> One(params (string Name, string Value)[] more) => Of("id", more);

    private static Dictionary<string, string> Many(params (string Name, string Value)[] more) =>
        new([new("ids", $"{{{Voice}}}"), new("attempts", "{1}"), .. more.Select(m => KeyValuePair.Create(m.Name, m.Value))]);

    private static Dictionary<string, string> Page(params (string Name, string Value)[] more) =>
        new([new("afterCreatedAt", "2020-01-01"), new("afterId", Voice), new("limit", "50"), .. more.Select(m => KeyValuePair.Create(m.Name, m.Value))]);

    [GeneratedRegex("Seq Scan on (voices|videos)|Gather")]
    private static partial Regex SeqScan();

    [GeneratedRegex(@"\b(idx_(voices|videos)_\w+|(voices|videos)_\w*key)\b")]
    private static partial Regex IndexNames();
}
