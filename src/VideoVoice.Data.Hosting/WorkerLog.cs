using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>All log messages of the worker, with their event ids.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(100, LogLevel.Information, "Worker {WorkerId} started: {Concurrency} lines at once, lease {LeaseDuration}.")]
    internal static partial void Started(ILogger logger, string workerId, int concurrency, TimeSpan leaseDuration);

    [LoggerMessage(101, LogLevel.Information, "Worker {WorkerId} stopped.")]
    internal static partial void Stopped(ILogger logger, string workerId);

    [LoggerMessage(102, LogLevel.Debug, "Request {VoiceId}, attempt {Attempt}: spoken in {Seconds:0.000} s, {Outcome}.")]
    internal static partial void Completed(ILogger logger, Guid voiceId, int attempt, double seconds, Outcome outcome);

    [LoggerMessage(103, LogLevel.Warning, "Request {VoiceId}, attempt {Attempt} failed: {Outcome}.")]
    internal static partial void Failed(ILogger logger, Guid voiceId, int attempt, Outcome outcome, Exception exception);

    [LoggerMessage(104, LogLevel.Warning, "Request {VoiceId}, attempt {Attempt} is no longer this worker's: {Outcome}.")]
    internal static partial void LeaseLost(ILogger logger, Guid voiceId, int attempt, Outcome outcome);

    [LoggerMessage(105, LogLevel.Warning, "The database cannot be reached; the next try is in about {BackOff}.")]
    internal static partial void DatabaseAway(ILogger logger, TimeSpan backOff, Exception exception);

    [LoggerMessage(106, LogLevel.Information, "Gave back {Count} requests that were not finished at shut-down.")]
    internal static partial void Released(ILogger logger, int count);

    [LoggerMessage(107, LogLevel.Error, "Request {VoiceId}, attempt {Attempt} could not be reported; its lease will end and another attempt will follow.")]
    internal static partial void ReportFailed(ILogger logger, Guid voiceId, int attempt, Exception exception);

    [LoggerMessage(108, LogLevel.Warning, "{Count} requests could not be given back; their leases will end.")]
    internal static partial void ReleaseFailed(ILogger logger, int count, Exception exception);

    [LoggerMessage(109, LogLevel.Error, "A heartbeat failed; the next follows in a third of a lease.")]
    internal static partial void HeartbeatFailed(ILogger logger, Exception exception);

    [LoggerMessage(110, LogLevel.Warning, "The queue could not be measured; the next try follows with the next interval.")]
    internal static partial void GaugeFailed(ILogger logger, Exception exception);
}
