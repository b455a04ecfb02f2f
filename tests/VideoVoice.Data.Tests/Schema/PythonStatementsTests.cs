using System.Globalization;
using Dapper;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>What the Python services send goes on working on an adopted database: with literals in the text, as psycopg2 does, and in a session zone of their own.</summary>
public sealed class PythonStatementsTests : PythonDatabaseTest
{
    private const string VideoId = "20000000-0000-4000-8000-000000000001";
    private const string AlunoId = "10000000-0000-4000-8000-000000000001";

    private NpgsqlDataSource _python = null!;

    [SetUp]
    public async Task AdoptFirstAsync()
    {
        await AdoptAsync();
        _python = Connect("America/New_York");
    }

    [TearDown]
    public ValueTask DisconnectAsync() => _python.DisposeAsync();

    [Test]
    public async Task The_cloner_lists_pending_requests_without_a_column_that_hides_another()
    {
        await using var connection = await _python.OpenConnectionAsync(Token);
        await using var reader = await connection.ExecuteReaderAsync(
            "SELECT v.*, vm.voice_file, vm.voice_id AS mapping_voice_id FROM voices v LEFT JOIN voice_mappings vm ON v.voice_mapping_id = vm.id WHERE v.status = 'pending' ORDER BY v.created_at");

        // A dictionary cursor keeps one column of each name.
        var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
        var rows = new List<(string Text, object? File, object? Mapping)>();
        while (await reader.ReadAsync(Token))
            rows.Add((reader.GetString(columns.IndexOf("text_content")), reader["voice_file"], reader["mapping_voice_id"]));

        Assert.That(columns, Is.Unique);
        Assert.That(columns, Is.SupersetOf((string[])["id", "video_id", "character_name", "text_content", "status", "created_at"]));
        Assert.That(rows, Is.EqualTo(new (string, object?, object?)[] { ("Olá professora!", "voices/voz_aluno_lucas.wav", "aluno"), ("Olá!", DBNull.Value, DBNull.Value) }));
    }

    [Test]
    public async Task The_cloner_s_cycle_of_insert_start_and_complete_works_and_the_library_sees_it()
    {
        var id = Guid.NewGuid();
        Assert.That(await PythonAsync(
            $"INSERT INTO voices (id, video_id, voice_mapping_id, character_name, text_content, status) VALUES ('{id}', '{VideoId}', '{AlunoId}', 'Aluno', 'Oi', 'pending')"), Is.EqualTo(1));
        var inserted = await Voices.GetVoiceAsync(id, cancellationToken: Token);

        Assert.That(await StartAsync(id), Is.EqualTo(1));
        Assert.That(await StartAsync(id), Is.Zero, "The second start finds nothing pending.");
        var started = await Voices.StartVoiceProcessingAsync(id, cancellationToken: Token);
        Assert.That(await PythonAsync(
            $"UPDATE voices SET status = 'completed', output_audio_path = '/a.wav', processing_completed_at = {Naive()} WHERE id = '{id}'"), Is.EqualTo(1));

        var completed = await Voices.GetVoiceAsync(id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(inserted!.QueueAt, Is.Not.Null);
            Assert.That(inserted.Position, Is.Null);
            Assert.That(inserted.MaxAttempts, Is.EqualTo(3));
            Assert.That(started, Is.EqualTo(WriteOutcome.NotAllowed));
            Assert.That(completed!.Status, Is.EqualTo(VoiceStatus.Completed));
            Assert.That(completed.OutputAudioPath, Is.EqualTo("/a.wav"));
            Assert.That(completed.IsLocalStorage, Is.True);
            Assert.That(completed.LeaseExpiresAt, Is.Null);
            Assert.That(completed.UpdatedAt, Is.GreaterThan(inserted.UpdatedAt));

            // A naive time of the client is read in the session's zone: the same instant, as the client's clock is in that zone.
            Assert.That(completed.ProcessingStartedAt, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
            Assert.That(completed.ProcessingCompletedAt, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
        }
    }

    [Test]
    public async Task The_second_form_of_complete_and_fail_work()
    {
        var (first, second) = (await InsertAsync("Um"), await InsertAsync("Dois"));
        await StartAsync(first);
        await StartAsync(second);

        var rows = await PythonAsync(
            $"UPDATE voices SET status = 'completed', output_audio_path = '/a.wav', is_local_storage = FALSE, remote_storage_path = 's3://a', processing_completed_at = CURRENT_TIMESTAMP WHERE id = '{first}'")
            + await PythonAsync($"UPDATE voices SET status = 'failed', error_message = 'No audio' WHERE id = '{second}'");

        var completed = await Voices.GetVoiceAsync(first, cancellationToken: Token);
        var failed = await Voices.GetVoiceAsync(second, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows, Is.EqualTo(2));
            Assert.That((completed!.Status, completed.IsLocalStorage, completed.RemoteStoragePath), Is.EqualTo((VoiceStatus.Completed, false, "s3://a")));
            Assert.That((failed!.Status, failed.ErrorMessage), Is.EqualTo((VoiceStatus.Failed, "No audio")));
        }
    }

    [Test]
    public async Task The_counts_of_a_video_and_of_the_view_agree()
    {
        await PythonAsync($"UPDATE voices SET status = 'completed' WHERE text_content = 'Olá!'");
        const string counts = $"""
            SELECT COUNT(*) || ' ' || COUNT(CASE WHEN status = 'completed' THEN 1 END) || ' ' || COUNT(CASE WHEN status = 'failed' THEN 1 END) || ' '
                || COUNT(CASE WHEN status IN ('pending', 'processing') THEN 1 END) FROM voices WHERE video_id = '{VideoId}'
            """;
        const string view = $"SELECT concat_ws(' ', total_voices, completed_voices, failed_voices, pending_voices) FROM video_processing_status WHERE video_id = '{VideoId}'";

        await using var connection = await _python.OpenConnectionAsync(Token);
        Assert.That(await connection.ExecuteScalarAsync<string>(counts), Is.EqualTo("2 1 0 1"));
        Assert.That(await connection.ExecuteScalarAsync<string>(view), Is.EqualTo("2 1 0 1"));
    }

    [Test]
    public async Task Mappings_are_found_by_voice_id_and_as_the_default()
    {
        await VoiceMappings.SetDefaultVoiceMappingAsync("robot", cancellationToken: Token);

        await using var connection = await _python.OpenConnectionAsync(Token);
        Assert.That(await connection.ExecuteScalarAsync<Guid>("SELECT id FROM voice_mappings WHERE voice_id = 'aluno'"), Is.EqualTo(new Guid(AlunoId)));
        Assert.That(await connection.ExecuteScalarAsync<string>("SELECT voice_id FROM voice_mappings WHERE is_default = TRUE LIMIT 1"), Is.EqualTo("robot"));
    }

    [Test]
    public async Task The_generator_gets_the_requests_that_it_inserted_in_one_transaction_back_in_their_order()
    {
        var lines = Enumerable.Range(0, 30).Select(i => $"Linha {i}").ToList();
        await using (var connection = await _python.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await connection.ExecuteAsync($"INSERT INTO videos (id, title, status) VALUES ('50000000-0000-4000-8000-000000000000', 'Novo', 'pending')");
            foreach (var line in lines)
                await connection.ExecuteAsync($"INSERT INTO voices (id, video_id, character_name, text_content, status) VALUES ('{Guid.NewGuid()}', '50000000-0000-4000-8000-000000000000', 'Ana', '{line}', 'pending')");

            await transaction.CommitAsync(Token);
        }

        await PythonAsync("UPDATE voices SET status = 'completed', output_audio_path = '/' || text_content WHERE video_id = '50000000-0000-4000-8000-000000000000'");

        await using var reading = await _python.OpenConnectionAsync(Token);
        var paths = await reading.QueryAsync<string>(
            "SELECT output_audio_path, character_name FROM voices WHERE video_id = '50000000-0000-4000-8000-000000000000' AND status = 'completed' ORDER BY created_at");
        var listed = await Voices.ListCompletedAudioPathsAsync(new Guid("50000000-0000-4000-8000-000000000000"), cancellationToken: Token);
        Assert.That(paths, Is.EqualTo(lines.Select(line => $"/{line}")));
        Assert.That(listed.Select(audio => audio.OutputAudioPath), Is.EqualTo(lines.Select(line => $"/{line}")));
    }

    private async Task<Guid> InsertAsync(string text)
    {
        var id = Guid.NewGuid();
        await PythonAsync($"INSERT INTO voices (id, video_id, voice_mapping_id, character_name, text_content, status) VALUES ('{id}', '{VideoId}', NULL, 'Ana', '{text}', 'pending')");
        return id;
    }

    private Task<int> StartAsync(Guid id) =>
        PythonAsync($"UPDATE voices SET status = 'processing', processing_started_at = {Naive()} WHERE id = '{id}' AND status = 'pending'");

    private async Task<int> PythonAsync(string sql)
    {
        await using var connection = await _python.OpenConnectionAsync(Token);
        return await connection.ExecuteAsync(sql);
    }

    /// <summary>datetime.now() of a client in New York, as psycopg2 writes it.</summary>
    private static string Naive()
    {
        var now = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));
        return $"'{now.DateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'::timestamp";
    }
}
