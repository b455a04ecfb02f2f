using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace VideoVoice.Data.Hosting;

/// <summary>Whether the database answers, whether its schema is current, whether the workers of this process work, and how old the oldest pending request is.</summary>
internal sealed class VideoVoiceHealthCheck(SchemaInitializer initializer, StatusManager status, WorkerHealth? workers, TimeSpan? maxPendingAge) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var version = await initializer.GetSchemaVersionAsync(cancellationToken).ConfigureAwait(false);
            if (version < SchemaInitializer.LatestVersion)
                return new HealthCheckResult(
                    context.Registration.FailureStatus,
                    $"The schema has version {version}; this library needs {SchemaInitializer.LatestVersion}. Run SchemaInitializer.InitializeAsync.",
                    data: new Dictionary<string, object> { ["schema_version"] = version });

            var queue = await status.GetQueueStatisticsAsync(null, cancellationToken).ConfigureAwait(false);
            var data = new Dictionary<string, object>
            {
                ["schema_version"] = version,
                ["pending_voices"] = queue.PendingVoices,
                ["processing_voices"] = queue.ProcessingVoices,
                ["oldest_pending_age_seconds"] = queue.OldestPendingAgeSeconds ?? 0,
            };
            if (workers?.Problems is { Count: > 0 } problems)
                return HealthCheckResult.Degraded(string.Join(' ', problems), data: data);

            return queue.OldestPendingAge > maxPendingAge
                ? HealthCheckResult.Degraded($"The oldest pending request waits for {queue.OldestPendingAge}; the limit is {maxPendingAge}.", data: data)
                : HealthCheckResult.Healthy($"{queue.PendingVoices} requests wait.", data);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
