using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>What listeners by the name VideoVoice.Data see. They listen to the whole process, so nothing else runs meanwhile.</summary>
[NonParallelizable]
public sealed class TelemetryTests : WorkerTest
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<double>> _measured = new();

    [Test]
    public async Task The_trace_goes_from_the_generator_through_the_row_to_the_worker()
    {
        using var _ = ListenToSpans();
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Aluno", "single") { Position = 1 }, cancellationToken: Token);
        await Voices.CreateVoiceRequestsAsync(video, [new NewVoiceRequest("Aluno", "many")], cancellationToken: Token);

        await StartWorkerAsync((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav")));
        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);
        await UntilAsync(() => Named("synthesize voices").Count() == 2, "The spans have not ended.");

        Assert.That(result!.AllCompleted, Is.True);
        Assert.That(Named("create voices").Select(span => span.GetTagItem("messaging.batch.message_count")), Is.All.EqualTo(1).And.Exactly(2).Items);
        foreach (var text in new[] { "single", "many" })
        {
            var inRow = await ScalarAsync<string>("select trace_parent from voices where text_content = @text", new { text });
            var created = Named("create voices").Single(span => span.Id == inRow);
            var synthesized = Named("synthesize voices").Single(span => span.TraceId == created.TraceId);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(created.Kind, Is.EqualTo(ActivityKind.Producer));
                Assert.That(synthesized.Kind, Is.EqualTo(ActivityKind.Consumer));
                Assert.That(synthesized.ParentSpanId, Is.EqualTo(created.SpanId));
                Assert.That(synthesized.GetTagItem("videovoice.attempt"), Is.EqualTo(1));
                Assert.That((synthesized.GetTagItem("messaging.operation.type"), synthesized.GetTagItem("messaging.destination.name")), Is.EqualTo(("process", "voices")));
            }
        }

        Assert.That(Named("voices/claim_voices"), Is.Not.Empty);
        Assert.That(Named("voices/complete_and_claim_voices").Select(span => span.Parent), Is.Not.Empty.And.All.Null, "A batch belongs to no request.");
        Assert.That(Named("wait_for_voices").Single().Duration, Is.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task Without_a_listener_the_caller_s_own_activity_is_kept_in_the_row()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        using var activity = new Activity("the caller's").SetIdFormat(ActivityIdFormat.W3C).Start();

        var id = await Voices.CreateVoiceRequestAsync(video, "Aluno", "synthesis", cancellationToken: Token);

        Assert.That(await ScalarAsync<string>("select trace_parent from voices where id = @id", new { id }), Is.EqualTo(activity.Id));
    }

    [Test]
    public async Task An_activity_with_a_hierarchical_id_leaves_no_trace_in_the_row_whatever_it_holds()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        using var activity = new Activity("of another library").SetIdFormat(ActivityIdFormat.Hierarchical).SetParentId("root\0");
        activity.Start();

        var id = await Voices.CreateVoiceRequestAsync(video, "Ana", "Oi", cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(id, cancellationToken: Token))?.TextContent, Is.EqualTo("Oi"));
        Assert.That(await ScalarAsync<string?>("select trace_parent from voices where id = @id", new { id }), Is.Null.Or.Match("^00-"));
    }

    [Test]
    public async Task An_error_marks_its_spans()
    {
        using var _ = ListenToSpans();
        await CreateVideoAsync("bad");
        await StartWorkerAsync((_, _) => throw new PermanentVoiceException("No Portuguese."));
        await Assert.ThatAsync(() => Voices.CreateVoiceRequestAsync(Guid.NewGuid(), "Aluno", "orphan", cancellationToken: Token), Throws.TypeOf<ParentNotFoundException>());

        await UntilAsync(() => Named("synthesize voices").Any(), "The span has not ended.");

        using (Assert.EnterMultipleScope())
        {
            var synthesized = Named("synthesize voices").Single();
            Assert.That((synthesized.Status, synthesized.StatusDescription), Is.EqualTo((ActivityStatusCode.Error, "No Portuguese.")));
            Assert.That(Named("voices/create_voice_request").Single().Status, Is.EqualTo(ActivityStatusCode.Error));
        }
    }

    [Test]
    public async Task Every_counter_and_histogram_counts()
    {
        using var listener = ListenToMeasurements();
        await CreateVideoAsync("good", "bad", "worse", "lost");
        var synthesizer = new ControlledSynthesizer { HeedsToken = false };
        await StartWorkerAsync(synthesizer, o => o.Concurrency = 4);
        for (var i = 0; i < 4; i++)
        {
            var synthesis = await synthesizer.NextAsync(Token);
            switch (synthesis.Request.TextContent)
            {
                case "bad":
                    synthesis.Throw(new InvalidOperationException("Try again."));
                    break;
                case "worse":
                    synthesis.Throw(new PermanentVoiceException("Never."));
                    break;
                case "lost":
                    await SqlAsync("update voices set attempt = attempt + 1 where text_content = 'lost'");
                    synthesis.Finish();
                    break;
                default:
                    synthesis.Finish();
                    break;
            }
        }

        await UntilAsync(() => Logged(102) + Logged(103) + Logged(115) == 4, "Not all is reported.");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Sum("videovoice.voices.created"), Is.EqualTo(4));
            Assert.That(Sum("videovoice.voices.claimed"), Is.EqualTo(4));
            Assert.That(Sum("videovoice.voices.completed"), Is.EqualTo(1));
            Assert.That(Sum("videovoice.voices.failed"), Is.EqualTo(1));
            Assert.That(Sum("videovoice.voices.retried"), Is.EqualTo(1));
            Assert.That(Sum("videovoice.leases.lost"), Is.EqualTo(1));
            Assert.That(_measured["videovoice.voices.wait.duration"], Has.Count.EqualTo(4).And.All.InRange(0.0, 30.0));
            Assert.That(_measured["videovoice.voices.synthesis.duration"], Has.Count.EqualTo(2).And.All.InRange(0.0, 30.0));
        }
    }

    [Test]
    public async Task The_statistics_set_the_gauges()
    {
        using var listener = ListenToMeasurements();
        await CreateVideoAsync("one", "two");
        await SqlAsync("update voices set created_at = created_at - interval '1 hour'");

        await Status.GetQueueStatisticsAsync(cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_measured["videovoice.queue.depth"], Is.EqualTo(new[] { 2.0 }));
            Assert.That(_measured["videovoice.queue.oldest_age"].Single(), Is.InRange(3600.0, 3700.0));
        }
    }

    [Test]
    public async Task A_worker_measures_the_queue_while_somebody_listens()
    {
        using (ListenToMeasurements())
        {
            await CreateVideoAsync("one", "two");
            await StartWorkerAsync(new ControlledSynthesizer());
            await UntilAsync(() => _measured.ContainsKey("videovoice.queue.depth"), "Nothing was measured.");
        }

        Assert.That(StatusManager.QueueIsMeasured, Is.False);
    }

    [Test]
    public async Task The_queue_is_measured_again_and_again_also_after_an_error_but_not_unheard()
    {
        using var gauge = new QueueGauge(Status, TimeProvider.System, NullLogger<QueueGauge>.Instance) { Interval = TimeSpan.FromMilliseconds(10) };
        using var spans = ListenToSpans();
        await gauge.StartAsync(Token);
        using (ListenToMeasurements())
        {
            await UntilAsync(() => Count() > 2, "It is not measured again.");
            await SqlAsync("alter table voices rename column lease_expires_at to elsewhere");
            await UntilAsync(() => Named("status/get_queue_statistics").Any(span => span.Status == ActivityStatusCode.Error), "There was no error.");
            await SqlAsync("alter table voices rename column elsewhere to lease_expires_at");
            var before = Count();
            await UntilAsync(() => Count() > before, "The error has ended it.");
        }

        await gauge.StopAsync(Token);
        var statements = Named("status/get_queue_statistics").Count();
        using var unheard = new QueueGauge(Status, TimeProvider.System, NullLogger<QueueGauge>.Instance) { Interval = TimeSpan.FromMilliseconds(10) };
        await unheard.StartAsync(Token);
        await Task.Delay(100, Token);
        await unheard.StopAsync(Token);
        Assert.That(Named("status/get_queue_statistics").Count(), Is.EqualTo(statements));

        int Count() => _measured.TryGetValue("videovoice.queue.depth", out var values) ? values.Count : 0;
    }

    [Test]
    public async Task Of_all_processes_one_measures_the_queue_until_it_no_longer_asks()
    {
        var (first, second) = (new StatusManager(DataSource), new StatusManager(DataSource));
        var hour = TimeSpan.FromHours(1);

        var elected = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Status.IsReaderAsync($"{i}", hour, Token)));
        Assert.That(elected.Count(reader => reader), Is.EqualTo(1));
        var reader = $"{Array.IndexOf(elected, true)}";
        Assert.That(await first.IsReaderAsync(reader, hour, Token), Is.True, "It asks again.");
        Assert.That(await second.IsReaderAsync("other", hour, Token), Is.False);
        await SqlAsync("update videovoice_listeners set expires_at = now() - interval '1 second'");
        Assert.That(await second.IsReaderAsync("other", hour, Token), Is.True);
        Assert.That(await first.IsReaderAsync(reader, hour, Token), Is.False);
    }

    [Test]
    public async Task An_absent_database_is_no_warning_of_the_gauge()
    {
        await using var absent = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=u;Database=d");
        using var gauge = new QueueGauge(new StatusManager(absent), TimeProvider.System, new Logger<QueueGauge>(Log)) { Interval = TimeSpan.FromMilliseconds(10) };
        using (ListenToMeasurements())
        {
            await gauge.StartAsync(Token);
            await UntilAsync(() => Log.Entries.Count >= 2, "It is not measured again.");
            await gauge.StopAsync(Token);
        }

        Assert.That(Log.Entries, Has.All.Property("Level").EqualTo(LogLevel.Debug).And.All.Property("Message").Not.Contains("   at "));
    }

    private IEnumerable<Activity> Named(string name) => _spans.Where(span => span.OperationName == name);

    private double Sum(string instrument) => _measured.TryGetValue(instrument, out var values) ? values.Sum() : 0;

    private ActivityListener ListenToSpans()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "VideoVoice.Data",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            SampleUsingParentId = (ref ActivityCreationOptions<string> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private MeterListener ListenToMeasurements()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "VideoVoice.Data")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Record(instrument, value));
        listener.Start();
        return listener;
    }

    private void Record(Instrument instrument, double value) => _measured.GetOrAdd(instrument.Name, _ => new()).Enqueue(value);
}
