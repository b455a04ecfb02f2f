using Dapper;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>The functions for cloners of other languages, beside the managers on the same requests.</summary>
[CancelAfter(60_000)]
public sealed class FunctionsTests : QueueTest
{
    [SetUp]
    public Task InstallAsync() => new SchemaInitializer(DataSource).InstallFunctionsAsync(Token);

    [Test]
    public async Task A_claim_returns_what_the_manager_would()
    {
        var video = await CreateVideoAsync("one", "two");
        await Videos.SetVideoPriorityAsync(video, 7, cancellationToken: Token);
        var claimId = Guid.NewGuid();

        var texts = await ListAsync<string>("select text_content from claim_voices('python', 1, 60, @claimId)", new { claimId });

        var held = (await Voices.ListClaimedVoicesAsync(claimId, cancellationToken: Token)).Single();
        Assert.That(texts, Is.EqualTo(new[] { "one" }));
        Assert.That((held.TextContent, held.Attempt), Is.EqualTo(("one", 1)));
        var columns = await ScalarAsync<string>("select to_jsonb(c)::text from claim_voices('python') c");
        Assert.That(columns, Does.Contain("\"text_content\": \"two\"").And.Contain("\"priority\": 7").And.Contain("\"voice_file\": \"voices/voz_aluno_lucas.wav\"").And.Contain("\"position\": 1"));
        Assert.That(await ListAsync<string>("select text_content from claim_voices('python')"), Is.Empty);
    }

    [Test]
    public async Task A_claim_takes_what_has_lapsed_and_retries_that_are_due()
    {
        await CreateVideoAsync("lapsed", "due", "exhausted", "not yet due", "held", "python's");
        var requests = await Voices.ClaimVoicesAsync("w", 6, Lease, cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second' where text_content in ('lapsed', 'exhausted')");
        await SqlAsync("update voices set max_attempts = 1 where text_content = 'exhausted'");
        await SqlAsync("update voices set lease_expires_at = null where text_content = 'python''s'");
        await SqlAsync("update voices set status = 'pending', lease_expires_at = null, available_at = now() - interval '1 second' where text_content = 'due'");
        await SqlAsync("update voices set status = 'pending', lease_expires_at = null, available_at = now() + interval '1 hour' where text_content = 'not yet due'");

        var texts = await ListAsync<string>("select text_content from claim_voices('python', 10)");

        Assert.That(texts, Is.EquivalentTo(new[] { "lapsed", "due" }));
        Assert.That(await ScalarAsync<string>("select status::text from voices where text_content = 'exhausted'"), Is.EqualTo("failed"));
        Assert.That(requests, Has.Count.EqualTo(6));
    }

    [Test]
    public async Task A_completion_counts_once_and_only_for_who_holds_the_lease()
    {
        await CreateVideoAsync("local", "remote", "lost");
        var requests = await Voices.ClaimVoicesAsync("w", 3, Lease, cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([requests[2].Fence], cancellationToken: Token);
        const string Complete = "select outcome from complete_voices(@ids, @attempts, @paths, @remotes)";
        var parameters = new
        {
            ids = (Guid[])[.. requests.Select(r => r.Id), Guid.Empty],
            attempts = new[] { 1, 1, 1, 1 },
            paths = new[] { "/a.wav", "/b.wav", "/c.wav", "/d.wav" },
            remotes = new[] { null, "s3://b", null, null },
        };

        var outcomes = await ListAsync<(Guid Id, string Outcome)>("select voice_id, outcome from complete_voices(@ids, @attempts, @paths, @remotes)", parameters);
        var repeated = await ListAsync<string>(Complete, parameters);
        var other = await ListAsync<string>(Complete, parameters with { paths = ["/x.wav", "/b.wav", "/c.wav", "/d.wav"] });

        Assert.That(outcomes, Is.EquivalentTo(new[] { (requests[0].Id, "applied"), (requests[1].Id, "applied"), (requests[2].Id, "lease_lost"), (Guid.Empty, "not_found") }));
        Assert.That(repeated, Is.EquivalentTo(outcomes.Select(o => o.Outcome)));
        Assert.That(other, Is.EquivalentTo(new[] { "already_finished", "applied", "lease_lost", "not_found" }));
        Assert.That(
            await ScalarAsync<string>("select string_agg(concat_ws(' ', status, output_audio_path, is_local_storage, remote_storage_path, worker_id), ', ' order by position) from voices"),
            Is.EqualTo("completed /a.wav t w, completed /b.wav f s3://b w, pending t"));
    }

    [Test]
    public async Task A_completion_ends_the_wait_of_a_generator_before_it_looks_by_itself()
    {
        var video = await CreateVideoAsync("one");
        await using var voices = new VoiceManager(DataSource, new VideoVoiceOptions { PollInterval = TimeSpan.FromHours(1) });
        var waiting = voices.WaitForVoicesAsync(video, cancellationToken: Token);
        while (!await ScalarAsync<bool>("select exists (select from videovoice_listeners where waits_for = 'voices')"))
            await Task.Delay(10, Token);

        await ListAsync<string>("select o.outcome from claim_voices('python') c, complete_voices(array[c.id], array[c.attempt], array['/a.wav']) o");

        Assert.That((await waiting)!.AllCompleted, Is.True);
    }

    [Test]
    public async Task A_heartbeat_renews_for_the_holder_alone()
    {
        await CreateVideoAsync("held", "lost");
        var requests = await Voices.ClaimVoicesAsync("w", 2, Lease, cancellationToken: Token);
        await Voices.CompleteVoicesAsync([new VoiceCompletion(requests[1].Fence, "/a.wav")], cancellationToken: Token);

        var outcomes = await ListAsync<(Guid Id, string Outcome)>(
            "select voice_id, outcome from heartbeat_voices(@ids, array[1, 1], 1000)", new { ids = requests.Select(r => r.Id).ToArray() });

        Assert.That(outcomes, Is.EquivalentTo(new[] { (requests[0].Id, "applied"), (requests[1].Id, "already_finished") }));
        Assert.That(await ScalarAsync<bool>("select lease_expires_at > now() + interval '900 seconds' from voices where text_content = 'held'"), Is.True);
        Assert.That(await ScalarAsync<bool>("select lease_expires_at is null from voices where text_content = 'lost'"), Is.True);
    }

    [TestCase(false, "retry_scheduled", "pending")]
    [TestCase(true, "applied", "failed")]
    public async Task A_failure_is_tried_again_unless_it_is_permanent(bool permanent, string outcome, string status)
    {
        await CreateVideoAsync("one");
        var request = await ClaimOneAsync();
        var parameters = new { request.Id, request.Attempt, permanent };
        const string Fail = "select fail_voice_processing(@id, @attempt, 'No memory', @permanent, 30)";

        Assert.That(await ScalarAsync<string>(Fail, parameters), Is.EqualTo(outcome));

        Assert.That(await ScalarAsync<string>(Fail, parameters), Is.EqualTo(outcome), "repeated");
        Assert.That(await ScalarAsync<string>("select status::text from voices"), Is.EqualTo(status));
        Assert.That((await Voices.ListVoiceErrorsAsync(request.Id, cancellationToken: Token)).Select(e => e.Message), Is.EqualTo(new[] { "No memory" }));
        Assert.That(await ScalarAsync<bool>("select coalesce(available_at > now() + interval '20 seconds', false) from voices"), Is.EqualTo(!permanent));
        Assert.That(await ScalarAsync<string>(Fail, parameters with { Attempt = 2 }), Is.EqualTo("lease_lost"));
    }

    [Test]
    public async Task What_is_released_can_be_claimed_again()
    {
        await CreateVideoAsync("one");
        var request = await ClaimOneAsync();

        Assert.That(await ListAsync<string>("select outcome from release_voices(array[@id], array[1])", new { request.Id }), Is.EqualTo(new[] { "applied" }));

        Assert.That((await ClaimOneAsync()).Attempt, Is.EqualTo(2));
        Assert.That(await ListAsync<string>("select outcome from release_voices(array[@id], array[1])", new { request.Id }), Is.EqualTo(new[] { "lease_lost" }));
    }

    [TestCase("heartbeat_voices(@ids, array[1, 1])")]
    [TestCase("complete_voices(@ids, array[1, 1], array['/a.wav', '/b.wav'])")]
    [TestCase("release_voices(@ids, array[1, 1])")]
    public async Task Rows_are_locked_in_the_order_of_their_ids(string call)
    {
        await CreateVideoAsync("one", "two");
        Guid[] ids = [.. (await Voices.ClaimVoicesAsync("w", 2, Lease, cancellationToken: Token)).Select(r => r.Id).OrderDescending()];
        await using var held = await HeldLock.TakeAsync(DataSource, "select from voices where id = @id for update", new { id = ids[1] });

        var waiting = ListAsync<string>($"select outcome from {call}", new { ids });
        await held.UntilWaitedForAsync(waiting, Token);

        await SqlAsync("select from voices where id = @id for update nowait", new { id = ids[0] });
        await held.CommitAsync();
        Assert.That(await waiting, Is.EqualTo(new[] { "applied", "applied" }));
    }

    [TestCase("claim_voices('')", "worker_id must have 1 to 200 characters")]
    [TestCase("claim_voices(repeat('w', 201))", "worker_id must have 1 to 200 characters")]
    [TestCase("claim_voices('w', 0)", "max_voices is 0")]
    [TestCase("claim_voices('w', null)", "max_voices is null")]
    [TestCase("claim_voices('w', 10001)", "max_voices is 10001")]
    [TestCase("claim_voices('w', 1, 0.05)", "lease_seconds is 0.05")]
    [TestCase("claim_voices('w', 1, 'NaN')", "lease_seconds is NaN")]
    [TestCase("heartbeat_voices(array[gen_random_uuid()], array[1], null)", "lease_seconds is null")]
    [TestCase("heartbeat_voices(array[gen_random_uuid()], array[]::integer[])", "Give each id once")]
    [TestCase("heartbeat_voices(array['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']::uuid[], array[1, 2])", "Give each id once")]
    [TestCase("release_voices(array[gen_random_uuid()], array[null]::integer[])", "Give each id once")]
    [TestCase("release_voices(array[gen_random_uuid()], array[1, 2])", "Give each id once")]
    [TestCase("complete_voices(array[gen_random_uuid()], array[1], array[null]::text[])", "the path of its audio")]
    [TestCase("complete_voices(array[gen_random_uuid()], array[1], array[''])", "the path of its audio")]
    [TestCase("complete_voices(array[gen_random_uuid()], array[1], array['/a.wav'], array['s3://a', 's3://b'])", "the path of its audio")]
    [TestCase("fail_voice_processing(gen_random_uuid(), null, 'error')", "Give the id of the request")]
    [TestCase("fail_voice_processing(gen_random_uuid(), 1, '')", "Give the id of the request")]
    [TestCase("fail_voice_processing(gen_random_uuid(), 1, 'error', false, -1)", "from 0 to 86400")]
    public async Task Bad_input_is_told(string call, string message)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => SqlAsync($"select * from {call}"));

        Assert.That((refused!.SqlState, refused.MessageText), Is.EqualTo((PostgresErrorCodes.InvalidParameterValue, refused.MessageText)));
        Assert.That(refused.MessageText, Does.Contain(message));
    }

    [Test]
    public async Task They_use_the_tables_of_the_schema_in_which_they_were_installed()
    {
        await CreateVideoAsync("one");
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await connection.ExecuteAsync("set local search_path = pg_catalog", transaction: transaction);

        Assert.That(await connection.ExecuteScalarAsync<string>("select text_content from public.claim_voices('python')", transaction: transaction), Is.EqualTo("one"));
    }

    [Test]
    public async Task They_are_installed_again_over_themselves() => await Assert.DoesNotThrowAsync(() => new SchemaInitializer(DataSource).InstallFunctionsAsync(Token));

    private async Task<IReadOnlyList<T>> ListAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }
}
