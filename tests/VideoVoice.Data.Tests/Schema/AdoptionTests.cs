using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Schema;

namespace VideoVoice.Data.Tests.Schema;

public sealed class AdoptionTests : PythonDatabaseTest
{
    [Test]
    public async Task Adoption_loses_nothing_and_reads_the_old_times_as_utc_in_any_session_zone()
    {
        var before = await AllRowsAsync();

        var result = await AdoptAsync(sessionTimeZone: "Asia/Tokyo");

        var after = await AllRowsAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.DatabaseCreated, Is.False);
            Assert.That(result.Applied, Is.EqualTo(Migration.All.Select(m => m.Name)));
            foreach (var table in Tables)
            {
                Assert.That(before[table], Is.Not.Empty);
                Assert.That(after[table].Keys, Is.EquivalentTo(before[table].Keys), table);
                foreach (var (id, row) in before[table])
                    Assert.That(row.Keys.ToDictionary(column => column, column => after[table][id][column]), Is.EqualTo(row), $"{table} {id}");
            }
        }
    }

    [Test]
    public async Task Migration_1_changes_nothing_in_a_database_of_the_python_services()
    {
        var before = await SchemaState.ReadAsync(ConnectionString, withRows: true, Token);

        await SqlAsync(Statements.Get("migrations/0001_database_utils"));

        Assert.That(await SchemaState.ReadAsync(ConnectionString, withRows: true, Token), Is.EqualTo(before));
        Assert.That(before, Does.Contain("Olá professora!"));
    }

    [Test]
    public async Task The_managers_read_the_adopted_rows()
    {
        await AdoptAsync();

        var video = await Videos.GetVideoAsync(new Guid("20000000-0000-4000-8000-000000000003"), cancellationToken: Token);
        var voice = await Voices.GetVoiceAsync(new Guid("30000000-0000-4000-8000-000000000004"), cancellationToken: Token);
        var unset = await Voices.GetVoiceAsync(new Guid("30000000-0000-4000-8000-000000000006"), cancellationToken: Token);
        var pending = await Voices.ListPendingVoicesAsync(cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(video!.CompletedAt, Is.EqualTo(new DateTimeOffset(2023, 6, 1, 0, 0, 0, TimeSpan.Zero).AddMicroseconds(654321)));
            Assert.That(video.Status, Is.EqualTo(VideoStatus.Completed));
            Assert.That(voice!.CreatedAt, Is.EqualTo(new DateTimeOffset(2018, 2, 17, 23, 30, 0, TimeSpan.Zero)));
            Assert.That(voice.RemoteStoragePath, Is.EqualTo("s3://audio/4.wav"));
            Assert.That(voice.Attempt, Is.Zero);
            Assert.That(unset!.Status, Is.EqualTo(VoiceStatus.Pending));
            Assert.That(pending.Select(p => (p.TextContent, p.MappingVoiceId)), Is.EqualTo(new[] { ("Olá professora!", "aluno"), ("Olá!", "default") }));
        }
    }

    [Test]
    public async Task Open_requests_get_their_place_in_the_queue_and_no_other_mark_of_a_change()
    {
        await AdoptAsync();

        var places = await ScalarAsync<string>("select string_agg(coalesce(status::text, 'null') || ' ' || (queue_at is not distinct from created_at), ', ' order by id) from voices");
        Assert.That(places, Is.EqualTo("pending true, pending true, processing true, completed false, failed false, null false"));
        Assert.That(await ScalarAsync<bool>("select bool_and(lease_expires_at is null and worker_id is null and attempt = 0) from voices"), Is.True);
    }

    [Test]
    public async Task With_utc_no_table_is_rewritten()
    {
        const string files = "select string_agg(t || ' ' || pg_relation_filenode(t::regclass), ', ' order by t) from unnest(array['videos', 'voices', 'voice_mappings', 'settings']) t";
        var before = await ScalarAsync<string>(files);

        await AdoptAsync("utc");

        Assert.That(await ScalarAsync<string>(files), Is.EqualTo(before));
        Assert.That(await ScalarAsync<string>("select string_agg(distinct data_type, ', ') from information_schema.columns where column_name like '%\\_at' and table_name in ('videos', 'voices', 'voice_mappings', 'settings')"),
            Is.EqualTo("timestamp with time zone"));
    }

    [Test]
    public async Task Another_zone_shifts_every_instant_by_what_was_in_force_then()
    {
        await AdoptAsync("America/Sao_Paulo", "Asia/Tokyo");

        var winter = await Voices.GetVoiceAsync(new Guid("30000000-0000-4000-8000-000000000001"), cancellationToken: Token);
        var summer = await Voices.GetVoiceAsync(new Guid("30000000-0000-4000-8000-000000000003"), cancellationToken: Token);
        var setting = await Settings.GetSettingAsync("auto_detect_voices", cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(winter!.CreatedAt, Is.EqualTo(new DateTimeOffset(2024, 1, 15, 12, 0, 0, TimeSpan.FromHours(-3))));
            Assert.That(winter.QueueAt, Is.EqualTo(winter.CreatedAt));

            // Brazil had daylight saving time until February 2019.
            Assert.That(summer!.CreatedAt, Is.EqualTo(new DateTimeOffset(2018, 12, 15, 12, 0, 0, TimeSpan.FromHours(-2))));
            Assert.That(summer.ProcessingStartedAt, Is.EqualTo(new DateTimeOffset(2018, 12, 15, 12, 1, 0, TimeSpan.FromHours(-2))));
            Assert.That(setting!.CreatedAt, Is.EqualTo(new DateTimeOffset(2018, 12, 15, 12, 0, 0, TimeSpan.FromHours(-2))));
        }
    }

    [TestCase("Mars/Olympus")]
    [TestCase("UTC+2")]
    [TestCase("'; drop table voices; --")]
    public async Task An_unknown_zone_is_refused_and_nothing_is_changed(string zone)
    {
        var before = await SchemaState.ReadAsync(ConnectionString, withRows: true, Token);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => AdoptAsync(zone));

        Assert.That(refused!.Message, Does.Contain(zone).And.Contain("LegacyTimeZone"));
        Assert.That(await SchemaState.ReadAsync(ConnectionString, withRows: true, Token), Is.EqualTo(before));
    }

    [Test]
    public async Task Of_several_defaults_the_oldest_stays_and_other_rows_are_not_touched()
    {
        await SqlAsync("update voice_mappings set is_default = true where voice_id in ('professora', 'robot')");
        var untouched = await ScalarAsync<DateTime>("select updated_at from voice_mappings where voice_id = 'professora'");

        await AdoptAsync();

        var professora = await VoiceMappings.GetVoiceMappingAsync("professora", cancellationToken: Token);
        Assert.That(await ScalarAsync<string>("select string_agg(voice_id, ', ') from voice_mappings where is_default"), Is.EqualTo("professora"));
        Assert.That(professora!.UpdatedAt.UtcDateTime, Is.EqualTo(untouched));
    }

    [Test]
    public async Task The_status_view_keeps_its_columns_and_its_counts()
    {
        const string columns = "select string_agg(column_name || ' ' || replace(data_type, ' without time zone', ' with time zone'), ', ' order by ordinal_position) from information_schema.columns where table_name = 'video_processing_status'";
        const string counts = "select string_agg(concat_ws(' ', video_id, title, video_status, total_voices, completed_voices, failed_voices, pending_voices), ', ' order by video_id) from video_processing_status";
        var before = (await ScalarAsync<string>(columns), await ScalarAsync<string>(counts));

        await AdoptAsync();

        Assert.That((await ScalarAsync<string>(columns), await ScalarAsync<string>(counts)), Is.EqualTo(before));
    }

    [Test]
    public async Task A_migration_that_fails_leaves_nothing_and_the_next_call_goes_on_from_there()
    {
        await SqlAsync("create function resolve_voice_mapping(name text) returns integer language sql as 'select 1'");
        var rows = await AllRowsAsync();

        var failed = await Assert.ThrowsAsync<PostgresException>(() => AdoptAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failed!.SqlState, Is.EqualTo(PostgresErrorCodes.InvalidFunctionDefinition));
            Assert.That(await ScalarAsync<string>("select string_agg(name, ', ') from videovoice_migrations"), Is.EqualTo("0001_database_utils"));
            Assert.That(await AllRowsAsync(), Is.EqualTo(rows));
            Assert.That(await ScalarAsync<bool>("select to_regclass('idx_voices_status') is not null"), Is.True);
        }

        await SqlAsync("drop function resolve_voice_mapping");
        var result = await AdoptAsync();

        Assert.That(result.Applied, Is.EqualTo(Migration.All.Skip(1).Select(m => m.Name)));
        Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
    }
}
