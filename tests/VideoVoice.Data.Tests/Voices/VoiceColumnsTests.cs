using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class VoiceColumnsTests : DatabaseTest
{
    private static readonly DateTimeOffset s_time = new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.Zero).AddTicks(1_234_560);

    private static readonly Voice s_voice = new()
    {
        Id = Guid.Parse("0190a6e0-0000-7000-8000-0000000000f2"),
        VideoId = Guid.Parse("0190a6e0-0000-7000-8000-0000000000f3"),
        VoiceMappingId = Guid.Parse("0190a6e0-0000-7000-8000-0000000000f4"),
        Position = 41,
        CharacterName = "Professora",
        TextContent = "Olá, turma!",
        Status = VoiceStatus.Completed,
        OutputAudioPath = "/audio/41.wav",
        IsLocalStorage = true,
        RemoteStoragePath = "s3://audio/41.wav",
        ErrorMessage = "slow",
        Priority = -3,
        Attempt = 2,
        MaxAttempts = 7,
        Failures = 1,
        WorkerId = "worker-1",
        LeaseExpiresAt = s_time.AddDays(1),
        QueueAt = s_time.AddDays(2),
        AvailableAt = s_time.AddDays(3),
        ProcessingStartedAt = s_time.AddDays(4),
        ProcessingCompletedAt = s_time.AddDays(5),
        CreatedAt = s_time.AddDays(6),
        UpdatedAt = s_time.AddDays(7),
    };

    private static readonly VoiceRequest s_request = new()
    {
        Id = s_voice.Id,
        VideoId = s_voice.VideoId,
        Position = s_voice.Position,
        CharacterName = s_voice.CharacterName,
        TextContent = s_voice.TextContent,
        Attempt = s_voice.Attempt,
        MaxAttempts = s_voice.MaxAttempts,
        Priority = s_voice.Priority,
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        CreatedAt = s_voice.CreatedAt,
        QueueAt = s_voice.QueueAt,
        WaitedSeconds = 1,
        PreviousWorkerId = "worker-0",
        VoiceMappingId = s_voice.VoiceMappingId,
        MappingVoiceId = "mapping-voice-id",
        VoiceFile = "voices/file.wav",
        Language = "pt-pt",
    };

    private static readonly CompletedAudio s_audio = new()
    {
        VideoId = s_voice.VideoId,
        VoiceId = s_voice.Id,
        Position = s_voice.Position,
        CharacterName = s_voice.CharacterName,
        OutputAudioPath = s_voice.OutputAudioPath,
        IsLocalStorage = true,
        RemoteStoragePath = s_voice.RemoteStoragePath,
    };

    [Test]
    public void The_records_of_these_tests_have_a_value_for_every_property()
    {
        using (Assert.EnterMultipleScope())
        {
            EveryProperty.IsSet(s_voice);
            EveryProperty.IsSet(s_request);
            EveryProperty.IsSet(s_audio);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task GetVoice_and_ListVoices_return_every_column(bool isLocalStorage)
    {
        var expected = s_voice with { IsLocalStorage = isLocalStorage };
        await InsertAsync(expected, "completed");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Voices.GetVoiceAsync(expected.Id, cancellationToken: Token), Is.EqualTo(expected));
            Assert.That(await Voices.ListVoicesAsync(expected.VideoId, cancellationToken: Token), Is.EqualTo([expected]));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ListCompletedAudioPaths_returns_every_column(bool isLocalStorage)
    {
        await InsertAsync(s_voice with { IsLocalStorage = isLocalStorage }, "completed");

        Assert.That(await Voices.ListCompletedAudioPathsAsync(s_voice.VideoId, cancellationToken: Token), Is.EqualTo([s_audio with { IsLocalStorage = isLocalStorage }]));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ListPendingVoices_returns_every_column(bool delayed)
    {
        var voice = s_voice with { AvailableAt = delayed ? s_voice.CreatedAt.AddDays(1) : s_voice.AvailableAt };
        await InsertAsync(voice, "pending");

        var request = (await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Single();

        var ready = delayed ? voice.AvailableAt!.Value : voice.CreatedAt;
        var waited = await ScalarAsync<double>("select extract(epoch from now() - @ready)::float8", new { ready });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(request with { WaitedSeconds = 1, PreviousWorkerId = s_request.PreviousWorkerId }, Is.EqualTo(s_request));
            Assert.That(request.WaitedSeconds, Is.InRange(waited - 60, waited));
            Assert.That(request.Fence, Is.EqualTo(new VoiceFence(s_voice.Id, 2)));
        }
    }

    [TestCase("pending", VoiceStatus.Pending)]
    [TestCase("processing", VoiceStatus.Processing)]
    [TestCase("completed", VoiceStatus.Completed)]
    [TestCase("failed", VoiceStatus.Failed)]
    [TestCase(null, VoiceStatus.Pending)]
    public async Task Every_state_is_read(string? status, VoiceStatus expected)
    {
        await InsertAsync(s_voice, status);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Voices.GetVoiceAsync(s_voice.Id, cancellationToken: Token))!.Status, Is.EqualTo(expected));
            Assert.That((await Voices.ListVoicesAsync(s_voice.VideoId, cancellationToken: Token)).Single().Status, Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task The_table_has_no_column_that_the_record_lacks()
    {
        var columns = await ScalarAsync<string[]>(
            "select array_agg(replace(column_name, '_', '')::text) from information_schema.columns where table_schema = current_schema() and table_name = 'voices'");

        // The errors and the claim have methods of their own, the trace is for the worker that claims.
        Assert.That(columns, Is.EquivalentTo(typeof(Voice).GetProperties().Where(p => p.CanWrite).Select(p => p.Name.ToLowerInvariant()).Concat(["errors", "traceparent", "claimid"])));
    }

    // An insert, because the trigger would set updated_at on an update.
    private async Task InsertAsync(Voice voice, string? status)
    {
        await SqlAsync(
            "insert into voice_mappings (id, voice_id, voice_name, voice_file, language) values (@VoiceMappingId, @MappingVoiceId, 'Name', @VoiceFile, @Language)",
            s_request);
        await SqlAsync("insert into videos (id) values (@VideoId)", voice);
        await SqlAsync(
            """
            insert into voices (id, video_id, voice_mapping_id, position, character_name, text_content, output_audio_path, is_local_storage,
                remote_storage_path, error_message, priority, attempt, max_attempts, failures, worker_id, lease_expires_at, queue_at, available_at,
                processing_started_at, processing_completed_at, created_at, updated_at)
            values (@Id, @VideoId, @VoiceMappingId, @Position, @CharacterName, @TextContent, @OutputAudioPath, @IsLocalStorage,
                @RemoteStoragePath, @ErrorMessage, @Priority, @Attempt, @MaxAttempts, @Failures, @WorkerId, @LeaseExpiresAt, @QueueAt, @AvailableAt,
                @ProcessingStartedAt, @ProcessingCompletedAt, @CreatedAt, @UpdatedAt)
            """,
            voice);
        await SqlAsync(
            """
            alter table voices disable trigger user;
            update voices set status = @status::voice_status, trace_parent = @TraceParent;
            alter table voices enable trigger user;
            """,
            new { status, s_request.TraceParent });
    }
}
