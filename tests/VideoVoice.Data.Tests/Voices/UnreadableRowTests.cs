using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>Times that .NET cannot hold, written by somebody else: no claim, list or wait of others breaks because of them.</summary>
public sealed class UnreadableRowTests : QueueTest
{
    // Some wait.
    protected override TimeProvider Time => TimeProvider.System;

    private static readonly string[] s_times = ["infinity", "-infinity", "294276-01-01+00", "4713-01-01 BC"];

    [TestCaseSource(nameof(s_times))]
    public async Task A_claim_takes_such_a_request_with_the_others(string time)
    {
        await CreateVideoAsync("one", "two");
        var claim = Guid.NewGuid();
        await SqlAsync("update voices set created_at = @time::timestamptz, queue_at = case when @time like '-%' or @time like '% BC' then @time::timestamptz else queue_at end where text_content = 'one'", new { time });

        var pending = await Voices.ListPendingVoicesAsync(cancellationToken: Token);
        var claimed = await Voices.ClaimVoicesAsync(new VoiceClaim("worker", 10, Lease) { ClaimId = claim }, cancellationToken: Token);
        var listed = await Voices.ListClaimedVoicesAsync(claim, cancellationToken: Token);

        foreach (var requests in new[] { pending, claimed, listed })
            Assert.That(requests.Select(r => r.TextContent), Is.EquivalentTo(new[] { "one", "two" }));
    }

    [TestCase("infinity")]
    [TestCase("294276-12-31 23:59:59+00")]
    [TestCase("-infinity")]
    [TestCase("4714-11-24 00:00:00+00 BC")]
    public async Task A_claim_with_loaded_voices_takes_such_a_request_with_the_others(string time)
    {
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set queue_at = @time::timestamptz where text_content = 'one'", new { time });
        await SqlAsync("update voices set voice_mapping_id = @mapping", new { mapping = await MappingAsync("aluno") });

        Assert.That(await ClaimTextsAsync(2, await MappingAsync("aluno")), Is.EquivalentTo(new[] { "one", "two" }));
    }

    [Test]
    public async Task A_queue_of_such_places_alone_is_claimed_with_loaded_voices()
    {
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set queue_at = '294276-12-31 23:59:59+00', voice_mapping_id = @mapping", new { mapping = await MappingAsync("aluno") });

        Assert.That(await ClaimTextsAsync(2, await MappingAsync("aluno")), Is.EquivalentTo(new[] { "one", "two" }));
    }

    [TestCaseSource(nameof(s_times))]
    public async Task The_age_of_the_queue_is_that_of_the_others(string time)
    {
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set created_at = now() - interval '1 hour'");
        await SqlAsync("update voices set created_at = @time::timestamptz where text_content = 'one'", new { time });

        var statistics = await Status.GetQueueStatisticsAsync(cancellationToken: Token);

        Assert.That(statistics.PendingVoices, Is.EqualTo(2));
        Assert.That(statistics.OldestPendingAge, Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMinutes(1)));
    }

    [TestCase(int.MinValue)]
    [TestCase(int.MaxValue)]
    public async Task A_position_beyond_the_bounds_is_put_back_by_a_retry(int position)
    {
        await using var manager = new VoiceManager(DataSource, new VideoVoiceOptions { QueueStep = TimeSpan.FromHours(1) });
        var video = await CreateVideoAsync("one");
        await SqlAsync("update voices set status = 'failed', position = @position", new { position });

        Assert.That(await manager.RetryFailedVoicesAsync(video, cancellationToken: Token), Is.EqualTo(1));
        Assert.That((await ClaimOneAsync()).QueueAt, Is.Not.Null);
    }

    [TestCase("attempt")]
    [TestCase("max_attempts")]
    [TestCase("failures")]
    public async Task A_count_that_a_claim_could_not_raise_is_refused_where_it_is_written(string column)
    {
        await CreateVideoAsync("one", "two");

        Assert.That(
            () => SqlAsync($"update voices set {column} = 2147483647 where text_content = 'one'"),
            Throws.TypeOf<Npgsql.PostgresException>().With.Property("ConstraintName").EqualTo("voices_attempts_check"));
        Assert.That(await Voices.ClaimVoicesAsync("worker", 10, Lease, cancellationToken: Token), Has.Count.EqualTo(2));
    }

    [TestCase("null")]
    [TestCase("5")]
    [TestCase("\"text\"")]
    [TestCase("{\"attempt\": \"first\", \"failed_at\": \"yesterday\"}")]
    [TestCase("[{\"attempt\": 99999999999, \"failed_at\": \"infinity\", \"message\": \"text\"}]")]
    [TestCase("[{\"attempt\": -1, \"failed_at\": \"294276-01-01T00:00:00+00:00\", \"message\": [1]}, null, 7]")]
    public async Task Errors_in_another_form_hide_no_later_one(string errors)
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set errors = @errors::jsonb", new { errors });
        var fence = (await ClaimOneAsync()).Fence;
        await ExpireLeasesAsync();
        await ClaimOneAsync("second");

        var listed = await Voices.ListVoiceErrorsAsync(fence.VoiceId, cancellationToken: Token);

        Assert.That((listed[^1].Attempt, listed[^1].Message), Is.EqualTo((1, "The lease expired.")));
        Assert.That(listed.SkipLast(1).Select(e => (e.Attempt, e.FailedAt)), Is.All.EqualTo((0, default(DateTimeOffset))));
    }

    [TestCase("infinity")]
    [TestCase("294276-01-01+00")]
    public async Task A_place_in_the_queue_that_cannot_be_read_is_null(string time)
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set queue_at = @time::timestamptz", new { time });

        Assert.That((await ClaimOneAsync()).QueueAt, Is.Null);
    }

    [TestCaseSource(nameof(s_times))]
    public async Task Such_a_video_does_not_hold_up_who_waits_for_another(string time)
    {
        var (bad, good) = (await CreateVideoAsync("bad"), await CreateVideoAsync("good"));
        await SqlAsync("update videos set created_at = @time::timestamptz where id = @bad", new { time, bad });
        var waits = Task.WhenAll(Voices.WaitForVoicesAsync(bad, cancellationToken: Token), Voices.WaitForVoicesAsync(good, cancellationToken: Token));

        foreach (var request in await Voices.ClaimVoicesAsync("worker", 10, Lease, cancellationToken: Token))
            await Voices.CompleteVoiceProcessingAsync(request.Fence, "/a.wav", cancellationToken: Token);

        Assert.That((await waits.WaitAsync(TimeSpan.FromSeconds(20), Token)).Select(r => r!.AllCompleted), Is.All.True);
    }

    [Test]
    public async Task The_last_position_with_the_longest_step_can_be_read()
    {
        await using var manager = new VoiceManager(DataSource, new VideoVoiceOptions { QueueStep = TimeSpan.FromHours(1) });
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        var id = (await manager.CreateVoiceRequestAsync(video, new NewVoiceRequest("Aluno", "last") { Position = VoiceManager.MaxPosition }, cancellationToken: Token)).Id;

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.QueueAt, Is.GreaterThan(DateTimeOffset.UtcNow.AddYears(100)));
        Assert.That((await ClaimOneAsync()).Id, Is.EqualTo(id));
        Assert.That(
            () => manager.CreateVoiceRequestAsync(video, new NewVoiceRequest("Aluno", "beyond") { Position = VoiceManager.MaxPosition + 1 }, cancellationToken: Token),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("999999"));
    }
}
