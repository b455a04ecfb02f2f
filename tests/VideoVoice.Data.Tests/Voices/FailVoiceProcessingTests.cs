using Dapper;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class FailVoiceProcessingTests : QueueTest
{
    [Test]
    public async Task A_failure_schedules_a_retry_until_no_attempt_is_left()
    {
        await CreateVideoAsync("one");
        WriteOutcome[] expected = [WriteOutcome.RetryScheduled, WriteOutcome.RetryScheduled, WriteOutcome.Applied];

        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var request = await ClaimOneAsync($"worker {attempt}");
            Assert.That(await Voices.FailVoiceProcessingAsync(request.Fence, $"error {attempt}", cancellationToken: Token), Is.EqualTo(expected[attempt - 1]));
            Assert.That(await ClaimTextsAsync(1), Is.Empty);
            await SqlAsync("update voices set available_at = null where status = 'pending'");
        }

        var voice = (await ListAllAsync()).Single();
        var errors = await Voices.ListVoiceErrorsAsync(voice.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Status, voice.Attempt, voice.ErrorMessage), Is.EqualTo((VoiceStatus.Failed, 3, "error 3")));
            Assert.That(errors.Select(e => (e.Attempt, e.WorkerId, e.Message)), Is.EqualTo(new[] { (1, "worker 1", "error 1"), (2, "worker 2", "error 2"), (3, "worker 3", "error 3") }));
            Assert.That(errors.Select(e => e.FailedAt), Is.Ordered.And.All.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
            Assert.That(voice.ProcessingCompletedAt, Is.EqualTo(errors[2].FailedAt));
        }
    }

    [Test]
    public async Task A_permanent_failure_leaves_no_attempt()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;

        Assert.That(await Voices.FailVoiceProcessingAsync(fence, "no such voice", permanent: true, cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));

        Assert.That((await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!.Status, Is.EqualTo(VoiceStatus.Failed));
    }

    [Test]
    public async Task The_delay_doubles_up_to_its_limit_and_is_spread_by_a_quarter()
    {
        await using var voices = new VoiceManager(DataSource, new VideoVoiceOptions { RetryDelay = TimeSpan.FromSeconds(10), MaxRetryDelay = TimeSpan.FromSeconds(60) });
        await CreateVideoAsync([.. Enumerable.Range(0, 20).Select(i => $"{i}")]);
        await SqlAsync("update voices set max_attempts = 1000");

        foreach (var middle in new double[] { 10, 20, 40, 60, 60 })
        {
            foreach (var request in await voices.ClaimVoicesAsync("worker", 20, Lease, cancellationToken: Token))
                Assert.That(await voices.FailVoiceProcessingAsync(request.Fence, "broken", cancellationToken: Token), Is.EqualTo(WriteOutcome.RetryScheduled));

            await using var connection = await DataSource.OpenConnectionAsync(Token);
            var delays = (await connection.QueryAsync<double>("select extract(epoch from available_at - (errors -> -1 ->> 'failed_at')::timestamptz)::float8 from voices")).AsList();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(delays, Has.Count.EqualTo(20).And.All.InRange(middle * 0.7499, middle * 1.2501));
                Assert.That(delays.Max() - delays.Min(), Is.GreaterThan(middle * 0.05));
                Assert.That(await ScalarAsync<long>("select count(*) from voices where queue_at = available_at"), Is.EqualTo(20));
            }

            await SqlAsync("update voices set available_at = null");
        }
    }

    [Test]
    public async Task The_delay_after_the_most_failures_is_still_the_limit()
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set failures = 2000000, attempt = 2000000, max_attempts = 3000000");

        Assert.That(await Voices.FailVoiceProcessingAsync((await ClaimOneAsync()).Fence, "broken", cancellationToken: Token), Is.EqualTo(WriteOutcome.RetryScheduled));

        Assert.That(await ScalarAsync<double>("select extract(epoch from available_at - now())::float8 from voices"), Is.InRange(150, 376));
    }

    [Test]
    public async Task Only_failures_since_the_last_retry_by_hand_make_the_delay_longer()
    {
        await using var voices = new VoiceManager(DataSource, new VideoVoiceOptions { RetryDelay = TimeSpan.FromSeconds(100) });
        var video = await CreateVideoAsync("one");
        await SqlAsync("update voices set max_attempts = 100");
        for (var i = 0; i < 3; i++)
            await voices.ReleaseVoicesAsync([(await ClaimOneAsync()).Fence], cancellationToken: Token);
        await ClaimOneAsync("died");
        await ExpireLeasesAsync();

        // The fifth attempt, and the first failure.
        Assert.That(await FailAsync(), Is.InRange(74, 126));
        Assert.That(await FailAsync(), Is.InRange(149, 251));

        await Voices.FailVoiceProcessingAsync((await ClaimOneAsync()).Fence, "for good", permanent: true, cancellationToken: Token);
        await Voices.RetryFailedVoicesAsync(video, cancellationToken: Token);
        Assert.That(await FailAsync(), Is.InRange(74, 126));

        async Task<double> FailAsync()
        {
            var fence = (await ClaimOneAsync()).Fence;
            Assert.That(await voices.FailVoiceProcessingAsync(fence, "broken", cancellationToken: Token), Is.EqualTo(WriteOutcome.RetryScheduled));
            var delay = await ScalarAsync<double>("select extract(epoch from available_at - updated_at)::float8 from voices");
            await SqlAsync("update voices set available_at = null");
            return delay;
        }
    }

    [Test]
    public async Task A_completion_after_a_failure_clears_the_message_and_keeps_the_errors()
    {
        await CreateVideoAsync("one");
        await Voices.FailVoiceProcessingAsync((await ClaimOneAsync()).Fence, "broken", cancellationToken: Token);
        await SqlAsync("update voices set available_at = null");
        var fence = (await ClaimOneAsync()).Fence;

        Assert.That(await Voices.CompleteVoiceProcessingAsync(fence, "/one.wav", cancellationToken: Token), Is.EqualTo(WriteOutcome.Applied));

        Assert.That((await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!.ErrorMessage, Is.Null);
        Assert.That((await Voices.ListVoiceErrorsAsync(fence.VoiceId, cancellationToken: Token)).Select(e => e.Message), Is.EqualTo(new[] { "broken" }));
    }

    [Test]
    public async Task An_unknown_request_has_no_errors() =>
        Assert.That(await Voices.ListVoiceErrorsAsync(Guid.NewGuid(), cancellationToken: Token), Is.Empty);

    [Test]
    public async Task A_request_that_is_to_be_retried_has_no_worker()
    {
        await CreateVideoAsync("one");
        var fence = (await ClaimOneAsync()).Fence;

        await Voices.FailVoiceProcessingAsync(fence, "No.", cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(fence.VoiceId, cancellationToken: Token))!.WorkerId, Is.Null);
    }

    private async Task<IReadOnlyList<Voice>> ListAllAsync() =>
        await Voices.ListVoicesAsync(await ScalarAsync<Guid>("select id from videos"), cancellationToken: Token);
}
