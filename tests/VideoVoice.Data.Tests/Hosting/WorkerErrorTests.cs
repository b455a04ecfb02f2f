using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>What does not end a worker: errors of the server, of the synthesizer again and again, and a stop.</summary>
public sealed class WorkerErrorTests : WorkerTest
{
    [Test]
    public async Task A_claim_that_fails_is_said_once_reported_by_the_health_check_and_tried_again()
    {
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, null, null, services => services.AddHealthChecks().AddVideoVoice());
        await SqlAsync("alter table voices rename column trace_parent to elsewhere");
        await SqlAsync("insert into videos (title) values ('Video'); insert into voices (video_id, text_content) select id, 'one' from videos; select pg_notify('videovoice_' || md5(current_schema()), 'work')");
        await UntilAsync(() => Logged(114) >= 2, "The claim is not repeated.");

        Assert.That(Logged(113), Is.EqualTo(1));
        Assert.That((await HealthAsync()).Description, Does.Contain("cannot claim").And.Contain("trace_parent"));

        await SqlAsync("alter table voices rename column elsewhere to trace_parent");
        (await synthesizer.NextAsync(Token)).Finish();
        await UntilAsync(() => Logged(102) == 1, "It was not completed.");
        Assert.That((await HealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));

        async Task<HealthReportEntry> HealthAsync() =>
            (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries["videovoice"];
    }

    [TestCase("25006")]
    [TestCase("40001")]
    [TestCase("53100")]
    public async Task An_error_that_passes_is_reported_by_the_health_check_until_a_claim_succeeds(string sqlState)
    {
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.StopHostOnError = true, null, services => services.AddHealthChecks().AddVideoVoice());
        await RefuseAsync("processing", sqlState);
        await CreateVideoAsync("one");
        await UntilAsync(() => Logged(112) >= 1, "The claim is not repeated.");

        var health = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries["videovoice"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(health.Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(health.Description, Does.Contain("cannot claim").And.Contain(sqlState));
            Assert.That(Log.Entries.Single(e => e.Event.Id == 111).Message, Does.Contain(sqlState));
            Assert.That(Log.Entries.Count(e => e.Event.Id is 6 or 105 && e.Category.StartsWith("VideoVoice", StringComparison.Ordinal)), Is.Zero, "an error of the server is no absent database");
        }

        // The claim that ends it finds nothing, and the worker waits for work from then on.
        await SqlAsync("delete from voices; drop trigger refuse on voices");
        await UntilHealthyAsync(host);
    }

    [Test]
    public async Task A_report_that_the_server_refuses_for_now_is_repeated()
    {
        var video = await CreateVideoAsync("kept");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);
        await RefuseAsync("completed", "57014");
        synthesis.Finish();
        await UntilAsync(() => Logged(111) == 1 && Logged(112) >= 1, "The report is not repeated.");
        Assert.That(Log.Entries.Count(e => e.Event.Id is 6 or 105), Is.Zero, "an error of the server is no absent database");

        await SqlAsync("drop trigger refuse on voices");

        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Completed)).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_worker_that_only_fails_pauses_tries_one_and_goes_on_after_a_success()
    {
        var broken = true;
        var tries = 0;
        var host = await StartWorkerAsync(
            (request, _) =>
            {
                Interlocked.Increment(ref tries);
                return broken ? throw new IOException("No space left on device.") : Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav"));
            },
            o => (o.Concurrency, o.FailuresBeforePause, o.FailurePause) = (1, 3, TimeSpan.FromMilliseconds(100)),
            services => services.AddHealthChecks().AddVideoVoice());
        await CreateVideoAsync([.. Enumerable.Range(0, 12).Select(i => $"{i}")]);

        await UntilAsync(() => Logged(118) >= 3, "It does not pause.");
        Assert.That(Volatile.Read(ref tries), Is.LessThanOrEqualTo(6), "a pause lets one through");
        var health = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token)).Entries["videovoice"];
        Assert.That((health.Status, health.Description), Is.EqualTo((HealthStatus.Degraded, health.Description)));
        Assert.That(health.Description, Does.Contain("No space left on device."));

        broken = false;
        await UntilAsync(() => Logged(119) == 1, "It does not go on.");
        await SqlAsync("update voices set available_at = null where status = 'pending'");
        await EventuallyCompletedAsync(12);
    }

    [Test]
    public async Task Requests_that_can_never_be_synthesized_do_not_pause_the_worker()
    {
        await StartWorkerAsync(
            (_, _) => throw new PermanentVoiceException("No Portuguese."),
            o => (o.FailuresBeforePause, o.FailurePause) = (2, TimeSpan.FromHours(1)));

        await CreateVideoAsync("one", "two", "three", "four");

        await UntilAsync(() => Logged(115) == 4, "The worker does not go on.");
        Assert.That(Logged(118), Is.Zero);
    }

    [Test]
    public async Task A_synthesizer_that_ends_because_of_the_stop_costs_no_attempt()
    {
        var video = await CreateVideoAsync("killed");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);

        // Time to finish is left: the exception comes from a child process that the signal has ended, too.
        var stopping = host.StopAsync(Token);
        await UntilAsync(() => Log.Text.Contains("Application is shutting down", StringComparison.Ordinal) || stopping.IsCompleted || host.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, "It does not stop.");
        synthesis.Throw(new InvalidOperationException("espeak-ng ended with 130."));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var voice = await OnlyVoiceAsync(video);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Status, voice.Failures, voice.MaxAttempts - voice.Attempt), Is.EqualTo((VoiceStatus.Pending, 0, 3)), voice.ErrorMessage);
            Assert.That((Logged(117), Logged(103), Logged(115), Logged(106)), Is.EqualTo((1, 0, 0, 0)), "one synthesis of log");
        }
    }

    [Test]
    public async Task What_is_taken_over_names_the_worker_that_died()
    {
        await CreateVideoAsync("one");
        await Voices.ClaimVoicesAsync("died", 1, TimeSpan.FromMilliseconds(100), cancellationToken: Token);
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);

        Assert.That((await synthesizer.NextAsync(Token)).Request.PreviousWorkerId, Is.EqualTo("died"));

        Assert.That(Log.Entries.Single(e => e.Event.Id == 116).Message, Does.Contain("takes it over from worker died"));
    }

    [Test]
    public async Task A_failure_says_when_the_next_attempt_is_and_the_last_that_there_is_none_and_nothing_more_is_logged_at_Information()
    {
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set max_attempts = 2 where text_content = 'one'");
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, null);
        (await synthesizer.NextAsync(Token)).Throw(new IOException("first"));
        (await synthesizer.NextAsync(Token)).Finish();
        await UntilAsync(() => Logged(103) == 1 && Logged(102) == 1, "It was not reported.");
        await SqlAsync("update voices set available_at = null where status = 'pending'; select pg_notify('videovoice_' || md5(current_schema()), 'work')");
        (await synthesizer.NextAsync(Token)).Throw(new IOException("second"));
        await UntilAsync(() => Logged(115) == 1, "It was not reported.");
        await host.StopAsync(Token);

        var worker = Log.Entries.Where(e => e.Category.Contains("VoiceWorker", StringComparison.Ordinal)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(worker.Single(e => e.Event.Id == 103).Message, Does.Match(@"attempt 1 of 2 failed and will be retried at \d{4}-\d\d-\d\d"));
            Assert.That(worker.Single(e => e.Event.Id == 115).Message, Does.Contain("failed for good after 2 attempts"));
            Assert.That(worker.Where(e => e.Level == LogLevel.Information).Select(e => e.Event.Id), Is.EqualTo(new[] { 100, 101 }));
            Assert.That(worker.Single(e => e.Event.Id == 102).Message, Does.Contain("position 1").And.Contain("Aluno").And.Contain("attempt 1"));
        }
    }

    [Test]
    public async Task A_report_that_the_server_refuses_is_repeated_only_while_the_worker_holds_the_request()
    {
        await CreateVideoAsync("lost");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(1));
        var synthesis = await synthesizer.NextAsync(Token);
        // The report fails whatever the row's state is; heartbeats go on.
        await SqlAsync("alter table voices rename column is_local_storage to elsewhere");
        synthesis.Finish();
        await UntilAsync(() => Logged(111) == 1, "The report is not repeated.");
        // With updated_at, because the trigger of other statements reads the column that is gone.
        await SqlAsync("update voices set attempt = attempt + 1, lease_expires_at = clock_timestamp() + interval '1 hour', updated_at = clock_timestamp()");

        // Its place is free again.
        await CreateVideoAsync("next");
        Assert.That((await synthesizer.NextAsync(Token)).Request.TextContent, Is.EqualTo("next"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_lease_that_was_lost_is_told_once_as_such_with_the_report(bool synthesized)
    {
        var video = await CreateVideoAsync("lost");
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer);
        var synthesis = await synthesizer.NextAsync(Token);
        // The next heartbeat is 20 s away.
        await Videos.CancelVideoAsync(video, cancellationToken: Token);

        if (synthesized)
            synthesis.Finish();
        else
            synthesis.Throw(new IOException("No space left on device."));

        await UntilAsync(() => Logged(104) == 1, "Nothing says that the lease was lost.");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Log.Entries.Single(e => e.Event.Id == 104), Has.Property("Level").EqualTo(LogLevel.Warning).And.Property("Message").Contains("no longer this worker's: AlreadyFinished"));
            Assert.That((Logged(103), Logged(115)), Is.EqualTo((0, 0)));
        }
    }

    /// <summary>The server refuses every update that leads to the status.</summary>
    private Task<int> RefuseAsync(string status, string sqlState) => SqlAsync($"""
        create function refuse() returns trigger language plpgsql as $$ begin if new.status = '{status}' then raise exception 'on purpose' using errcode = '{sqlState}'; end if; return new; end $$;
        create trigger refuse before update on voices for each row execute function refuse();
        """);

    private static async Task UntilHealthyAsync(Microsoft.Extensions.Hosting.IHost host)
    {
        var checks = host.Services.GetRequiredService<HealthCheckService>();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        HealthReportEntry entry;
        while ((entry = (await checks.CheckHealthAsync(Token)).Entries["videovoice"]).Status != HealthStatus.Healthy && System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            await Task.Delay(50, Token);
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy), entry.Description);
    }

    private async Task EventuallyCompletedAsync(int count)
    {
        while (await ScalarAsync<long>("select count(*) from voices where status = 'completed'") < count)
        {
            await SqlAsync("update voices set available_at = null where status = 'pending' and available_at is not null");
            await Task.Delay(50, Token);
        }
    }
}
