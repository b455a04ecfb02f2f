using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>start_voice_processing, complete_voice_processing and fail_voice_processing.</summary>
public sealed class VoiceProcessingTests : DatabaseTest
{
    /// <summary>A worker without leases keeps none that a request of others brings along: the next claim would take the request away.</summary>
    [Test]
    public async Task Start_takes_no_lease_over()
    {
        await CreateVideoAsync("one");
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 hour'");
        var id = await ScalarAsync<Guid>("select id from voices");

        await Voices.StartVoiceProcessingAsync(id, cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.LeaseExpiresAt, Is.Null);
    }

    [TestCase("pending", WriteOutcome.Applied)]
    [TestCase("processing", WriteOutcome.NotAllowed)]
    [TestCase("leased", WriteOutcome.NotAllowed)]
    [TestCase("completed", WriteOutcome.AlreadyFinished)]
    [TestCase("failed", WriteOutcome.AlreadyFinished)]
    [TestCase("null", WriteOutcome.Applied)]
    [TestCase("missing", WriteOutcome.NotFound)]
    public async Task Start_takes_a_pending_request(string state, WriteOutcome expected)
    {
        var before = await CreateVoiceInAsync(state);

        var outcome = await Voices.StartVoiceProcessingAsync(before.Id, cancellationToken: Token);

        var after = await Voices.GetVoiceAsync(before.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            if (expected == WriteOutcome.Applied)
            {
                Assert.That(after, Is.EqualTo(before with
                {
                    Status = VoiceStatus.Processing,
                    Attempt = before.Attempt + 1,
                    WorkerId = null,
                    ProcessingStartedAt = after!.ProcessingStartedAt,
                    ProcessingCompletedAt = null,
                    UpdatedAt = after.UpdatedAt,
                }));
                Assert.That(after!.ProcessingStartedAt, Is.GreaterThan(before.UpdatedAt).And.LessThan(before.UpdatedAt.AddMinutes(1)));
            }
            else
            {
                Assert.That(after, state == "missing" ? Is.Null : Is.EqualTo(before), "Nothing was changed");
            }
        }
    }

    [TestCase("pending", WriteOutcome.NotAllowed)]
    [TestCase("processing", WriteOutcome.Applied)]
    [TestCase("leased", WriteOutcome.LeaseLost)]
    [TestCase("completed", WriteOutcome.AlreadyFinished)]
    [TestCase("failed", WriteOutcome.AlreadyFinished)]
    [TestCase("null", WriteOutcome.NotAllowed)]
    [TestCase("missing", WriteOutcome.NotFound)]
    public async Task Complete_takes_a_processing_request_without_a_lease(string state, WriteOutcome expected)
    {
        var before = await CreateVoiceInAsync(state);

        var outcome = await Voices.CompleteVoiceProcessingAsync(before.Id, "/new.wav", false, "s3://new.wav", cancellationToken: Token);

        var after = await Voices.GetVoiceAsync(before.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            if (expected == WriteOutcome.Applied)
            {
                Assert.That(after, Is.EqualTo(before with
                {
                    Status = VoiceStatus.Completed,
                    OutputAudioPath = "/new.wav",
                    IsLocalStorage = false,
                    RemoteStoragePath = "s3://new.wav",
                    ErrorMessage = null,
                    ProcessingCompletedAt = after!.ProcessingCompletedAt,
                    UpdatedAt = after.UpdatedAt,
                }));
                Assert.That(after!.ProcessingCompletedAt, Is.GreaterThan(before.UpdatedAt).And.LessThan(before.UpdatedAt.AddMinutes(1)));
            }
            else
            {
                Assert.That(after, state == "missing" ? Is.Null : Is.EqualTo(before), "Nothing was changed");
            }
        }
    }

    [TestCase("pending", WriteOutcome.NotAllowed)]
    [TestCase("processing", WriteOutcome.Applied)]
    [TestCase("leased", WriteOutcome.LeaseLost)]
    [TestCase("completed", WriteOutcome.AlreadyFinished)]
    [TestCase("failed", WriteOutcome.AlreadyFinished)]
    [TestCase("null", WriteOutcome.NotAllowed)]
    [TestCase("missing", WriteOutcome.NotFound)]
    public async Task Fail_takes_a_processing_request_without_a_lease(string state, WriteOutcome expected)
    {
        var before = await CreateVoiceInAsync(state);

        var outcome = await Voices.FailVoiceProcessingAsync(before.Id, "no sound", cancellationToken: Token);

        var after = await Voices.GetVoiceAsync(before.Id, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcome, Is.EqualTo(expected));
            Assert.That(
                await ScalarAsync<string>("select coalesce(string_agg(e ->> 'message' || ' in attempt ' || (e ->> 'attempt') || ' by ' || (e ->> 'worker_id'), ','), '') from voices, jsonb_array_elements(errors) e"),
                Is.EqualTo(expected == WriteOutcome.Applied ? "no sound in attempt 1 by worker-1" : ""));
            if (expected == WriteOutcome.Applied)
            {
                Assert.That(after, Is.EqualTo(before with
                {
                    Status = VoiceStatus.Failed,
                    ErrorMessage = "no sound",
                    Failures = before.Failures + 1,
                    AvailableAt = null,
                    ProcessingCompletedAt = after!.ProcessingCompletedAt,
                    UpdatedAt = after.UpdatedAt,
                }));
                Assert.That(after!.ProcessingCompletedAt, Is.GreaterThan(before.UpdatedAt).And.LessThan(before.UpdatedAt.AddMinutes(1)));
            }
            else
            {
                Assert.That(after, state == "missing" ? Is.Null : Is.EqualTo(before), "Nothing was changed");
            }
        }
    }

    [Test]
    public async Task Of_sixteen_workers_that_start_one_request_at_once_one_gets_it()
    {
        var id = (await CreateVoiceInAsync("pending")).Id;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Voices.StartVoiceProcessingAsync(id, cancellationToken: Token))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcomes.Count(o => o == WriteOutcome.Applied), Is.EqualTo(1));
            Assert.That(outcomes.Count(o => o == WriteOutcome.NotAllowed), Is.EqualTo(15));
            Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.Attempt, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Only_the_named_request_is_changed()
    {
        var video = await CreateVideoAsync("a", "b");
        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);

        await Voices.StartVoiceProcessingAsync(voices[0].Id, cancellationToken: Token);
        await Voices.CompleteVoiceProcessingAsync(voices[0].Id, "/a.wav", cancellationToken: Token);

        Assert.That(await Voices.GetVoiceAsync(voices[1].Id, cancellationToken: Token), Is.EqualTo(voices[1]));
    }

    [Test]
    public async Task Of_completions_and_failures_at_once_one_is_applied()
    {
        var id = (await CreateVoiceInAsync("processing")).Id;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => i % 2 == 0
            ? Voices.CompleteVoiceProcessingAsync(id, "/a.wav", cancellationToken: Token)
            : Voices.FailVoiceProcessingAsync(id, "no sound", cancellationToken: Token))));

        Assert.That(outcomes.Order(), Is.EqualTo(Enumerable.Repeat(WriteOutcome.AlreadyFinished, 15).Prepend(WriteOutcome.Applied)));
    }

    /// <summary>The statement must look at the row again after it has waited for it: a status or a lease read before the wait is stale.</summary>
    [TestCase("start", "pending", "status = 'processing'", WriteOutcome.NotAllowed)]
    [TestCase("complete", "processing", "status = 'failed'", WriteOutcome.AlreadyFinished)]
    [TestCase("complete", "processing", "lease_expires_at = now() + interval '1 hour'", WriteOutcome.LeaseLost)]
    [TestCase("fail", "processing", "status = 'completed'", WriteOutcome.AlreadyFinished)]
    [TestCase("fail", "processing", "lease_expires_at = now() + interval '1 hour'", WriteOutcome.LeaseLost)]
    [CancelAfter(30_000)]
    public async Task A_writer_that_commits_while_the_statement_waits_is_seen(string verb, string state, string change, WriteOutcome expected)
    {
        var id = (await CreateVoiceInAsync(state)).Id;
        await using var other = await HeldLock.TakeAsync(DataSource, $"update voices set {change}, error_message = 'other' where id = @id", new { id });

        var outcome = verb switch
        {
            "start" => Voices.StartVoiceProcessingAsync(id, cancellationToken: Token),
            "complete" => Voices.CompleteVoiceProcessingAsync(id, "/a.wav", cancellationToken: Token),
            _ => Voices.FailVoiceProcessingAsync(id, "mine", cancellationToken: Token),
        };
        await other.UntilWaitedForAsync(outcome, Token);
        await other.CommitAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await outcome, Is.EqualTo(expected));
            Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))!.ErrorMessage, Is.EqualTo("other"));
        }
    }

    /// <summary>A request that was tried once before. Leased: processing, and a worker holds a lease, as a claim leaves it.</summary>
    private async Task<Voice> CreateVoiceInAsync(string state)
    {
        if (state == "missing")
            return new Voice { Id = Guid.NewGuid() };

        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var id = (await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", "Oi") { Position = 0 }, cancellationToken: Token)).Id;
        await SqlAsync(
            """
            update voices
            set status = @status::voice_status,
                attempt = 1,
                worker_id = 'worker-1',
                lease_expires_at = case when @state = 'leased' then now() + interval '1 hour' end,
                output_audio_path = '/old.wav',
                error_message = 'earlier',
                available_at = '2024-01-01Z',
                processing_started_at = '2024-01-02Z',
                processing_completed_at = '2024-01-03Z'
            where id = @id
            """,
            new { id, state, status = state switch { "null" => null, "leased" => "processing", _ => state } });
        return (await Voices.GetVoiceAsync(id, cancellationToken: Token))!;
    }
}
