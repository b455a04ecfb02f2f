using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace VideoVoice.Data.Diagnostics;

/// <summary>The ActivitySource and the Meter named <c>VideoVoice.Data</c>. Each statement is a span named as its file, such as voices/claim_voices.</summary>
internal static class Telemetry
{
    internal const string Name = "VideoVoice.Data";

    /// <summary>The table of the requests, which OpenTelemetry's conventions call the destination of a message.</summary>
    private const string Destination = "voices";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter s_meter = new(Name);

    internal static readonly Counter<long> Created = s_meter.CreateCounter<long>("videovoice.voices.created", "{request}", "Voice requests created.");
    internal static readonly Counter<long> Claimed = s_meter.CreateCounter<long>("videovoice.voices.claimed", "{request}", "Voice requests claimed.");
    internal static readonly Counter<long> Completed = s_meter.CreateCounter<long>("videovoice.voices.completed", "{request}", "Voice requests completed.");
    internal static readonly Counter<long> Failed = s_meter.CreateCounter<long>("videovoice.voices.failed", "{request}", "Voice requests failed for good.");
    internal static readonly Counter<long> Retried = s_meter.CreateCounter<long>("videovoice.voices.retried", "{request}", "Attempts that failed and are followed by another, and failed requests put back.");
    internal static readonly Counter<long> LeasesLost = s_meter.CreateCounter<long>("videovoice.leases.lost", "{lease}", "Writes and heartbeats that came after the lease was gone.");

    internal static readonly Counter<long> NotificationsIgnored = s_meter.CreateCounter<long>("videovoice.notifications.ignored", "{notification}", "Notifications on this library's channels that it has not sent.");

    internal static readonly Histogram<double> WaitDuration = s_meter.CreateHistogram<double>("videovoice.voices.wait.duration", "s", "Time from when a request could start until its claim.");
    internal static readonly Histogram<double> SynthesisDuration = s_meter.CreateHistogram<double>("videovoice.voices.synthesis.duration", "s", "Time that the synthesizer took for a request.");

    internal static readonly Gauge<long> QueueDepth = s_meter.CreateGauge<long>("videovoice.queue.depth", "{request}", "Pending requests, as last read by this process.");
    internal static readonly Gauge<double> OldestAge = s_meter.CreateGauge<double>("videovoice.queue.oldest_age", "s", "Age of the oldest request that may start, as last read by this process; 0 when none waits.");

    /// <summary>Begins the span of requests that are created: the producer's, to which the spans of their synthesis belong.</summary>
    internal static Activity? StartCreate(int count) => StartMessaging("create", "create", ActivityKind.Producer, null)?.SetTag("messaging.batch.message_count", count);

    /// <summary>A span by OpenTelemetry's conventions for messaging: its name is the operation's and the destination's.</summary>
    internal static Activity? StartMessaging(string operation, string type, ActivityKind kind, string? parent) =>
        Source.StartActivity($"{operation} {Destination}", kind, parent)?
            .SetTag("messaging.system", "postgresql").SetTag("messaging.destination.name", Destination)
            .SetTag("messaging.operation.name", operation).SetTag("messaging.operation.type", type);

    /// <summary>What a request keeps of the activity that creates it; null for an id of another form than W3C's, which may hold anything.</summary>
    internal static string? TraceParent(Activity? activity) =>
        (activity ?? Activity.Current) is { IdFormat: ActivityIdFormat.W3C } current ? current.Id : null;

    internal static void Count(WriteOutcome outcome, Counter<long> applied)
    {
        switch (outcome)
        {
            case WriteOutcome.Applied:
                applied.Add(1);
                break;
            case WriteOutcome.RetryScheduled:
                Retried.Add(1);
                break;
            case WriteOutcome.LeaseLost:
                LeasesLost.Add(1);
                break;
        }
    }
}
