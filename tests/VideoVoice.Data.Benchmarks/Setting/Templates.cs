using System.Globalization;

namespace VideoVoice.Data.Benchmarks.Setting;

/// <summary>The databases that others are copied from, and rows for a round.</summary>
internal static class Templates
{
    /// <summary>Nothing: a peer makes its own schema.</summary>
    internal const string Empty = "empty";

    /// <summary>The schema alone.</summary>
    internal const string Current = "current";

    /// <summary>10,000 finished voices of 1,000 videos.</summary>
    internal const string TenThousand = "ten-thousand";

    /// <summary>1,000,000 finished voices of 100,000 videos.</summary>
    internal const string Million = "million";

    internal const int VoicesPerVideo = 10;

    private const string Half = "half-pending-";

    /// <summary>So many voices, half of them finished and half pending.</summary>
    internal static string HalfPending(int voices) => $"{Half}{voices}";

    /// <summary>A version 7 UUID from a number, so that ids rise as those of the library do.</summary>
    private static string Id(string number, string kind) =>
        $"(lpad(to_hex(1700000000000 + {number}), 12, '0') || '7' || substr(md5('{kind}' || {number}), 1, 3) || '8' || substr(md5('{kind}' || {number}), 4, 15))::uuid";

    internal static int Videos(RunOptions options, string template) => template == Million ? options.Rows(100_000, 1_000) : options.Rows(1_000, 100);

    internal static async Task FillAsync(string template, TestDatabase database)
    {
        if (template == Empty)
            return;

        await using (var library = database.CreateLibrary())
        {
            await ((SchemaInitializer)library.GetService(typeof(SchemaInitializer))!).InitializeAsync();
        }

        if (template.StartsWith(Half, StringComparison.Ordinal))
        {
            var videos = int.Parse(template[Half.Length..], CultureInfo.InvariantCulture) / 2 / VoicesPerVideo;
            await InsertAsync(database, videos, VoicesPerVideo, "completed");
            await InsertAsync(database, videos, VoicesPerVideo, "pending", "pending");
            await database.ExecuteAsync("vacuum analyze");
        }
        else if (template != Current)
        {
            await InsertAsync(database, Videos(database.Options, template), VoicesPerVideo, "completed");
            await database.ExecuteAsync("vacuum analyze");
        }
    }

    /// <summary>Empty tables, then pending voices, ten a video, with fresh statistics and nothing for autovacuum to do.</summary>
    internal static async Task RefillAsync(TestDatabase database, int voices, string status = "pending")
    {
        await database.ExecuteAsync("truncate videos, voices");
        await InsertAsync(database, (voices + VoicesPerVideo - 1) / VoicesPerVideo, VoicesPerVideo, status);
        await database.ExecuteAsync("vacuum analyze voices");
        await database.ExecuteAsync("vacuum analyze videos");
    }

    /// <param name="database">Where.</param>
    /// <param name="videos">How many.</param>
    /// <param name="voicesPerVideo">Requests of each.</param>
    /// <param name="status">Of the requests.</param>
    /// <param name="title">Of the videos; each title has ids of its own.</param>
    internal static async Task InsertAsync(TestDatabase database, int videos, int voicesPerVideo, string status, string? title = null)
    {
        var videoId = Id("n", $"video{title}");
        var voiceId = Id($"((n - 1) * {voicesPerVideo} + p)", $"voice{title}");
        await database.ExecuteAsync(
            $"""
            insert into videos (id, title, status, created_at)
            select {videoId}, coalesce(nullif('{title}', ''), 'Video ' || n), case when '{status}' = 'completed' then 'completed' else 'processing' end::video_status, now() - interval '1 day' + n * interval '1 ms'
            from generate_series(1, {videos}) as n
            """);
        await database.ExecuteAsync(
            $"""
            insert into voices (id, video_id, voice_mapping_id, character_name, text_content, position, status, queue_at, created_at, attempt, worker_id,
                lease_expires_at, processing_started_at, processing_completed_at, output_audio_path)
            select {voiceId}, {videoId}, m.id, 'aluno', 'Olá professor! Esta é a linha ' || p || ' do vídeo ' || n || '.', p, '{status}',
                now() - interval '1 day' + n * interval '1 ms' + p * interval '1 s', now() - interval '1 day' + n * interval '1 ms',
                case when '{status}' = 'pending' then 0 else 1 end,
                case when '{status}' <> 'pending' then 'earlier' end,
                case when '{status}' = 'processing' then now() + interval '1 hour' end,
                case when '{status}' <> 'pending' then now() end,
                case when '{status}' = 'completed' then now() end,
                case when '{status}' = 'completed' then '/audio/earlier.wav' end
            from generate_series(1, {videos}) as n
            cross join generate_series(0, {voicesPerVideo - 1}) as p
            cross join (select id from voice_mappings where voice_id = 'aluno') as m
            order by n, p
            """);
    }
}
