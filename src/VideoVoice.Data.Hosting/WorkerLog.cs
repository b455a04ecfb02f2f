using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Hosting;

/// <summary>All log messages of the worker, with their event ids.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(100, LogLevel.Information, "Worker {WorkerId} started: {Concurrency} requests at once, lease {LeaseDuration}.")]
    internal static partial void Started(ILogger logger, string workerId, int concurrency, TimeSpan leaseDuration);

    [LoggerMessage(101, LogLevel.Information, "Worker {WorkerId} stopped.")]
    internal static partial void Stopped(ILogger logger, string workerId);

    [LoggerMessage(102, LogLevel.Debug, "Request {VoiceId} of video {VideoId}, position {Position}, {CharacterName}: attempt {Attempt} synthesized in {Seconds:0.000} s, {Outcome}.")]
    internal static partial void Completed(ILogger logger, Guid voiceId, Guid videoId, int? position, string? characterName, int attempt, double seconds, WriteOutcome outcome);

    [LoggerMessage(103, LogLevel.Warning, "Request {VoiceId} of video {VideoId}: attempt {Attempt} of {MaxAttempts} failed and will be retried at {RetryAt:u}.")]
    internal static partial void WillBeRetried(ILogger logger, Guid voiceId, Guid videoId, int attempt, int maxAttempts, DateTimeOffset? retryAt, Exception exception);

    [LoggerMessage(104, LogLevel.Warning, "Request {VoiceId}, attempt {Attempt} is no longer this worker's: {Outcome}.")]
    internal static partial void LeaseLost(ILogger logger, Guid voiceId, int attempt, WriteOutcome outcome);

    [LoggerMessage(105, LogLevel.Debug, "The database cannot be reached; the next try is in about {BackOff}: {Reason}")]
    internal static partial void DatabaseAway(ILogger logger, TimeSpan backOff, string reason);

    [LoggerMessage(106, LogLevel.Information, "Gave back {Count} requests that were not finished.")]
    internal static partial void Released(ILogger logger, int count);

    [LoggerMessage(107, LogLevel.Error, "Request {VoiceId}, attempt {Attempt} could not be reported; its lease will end and another attempt will follow.")]
    internal static partial void ReportFailed(ILogger logger, Guid voiceId, int attempt, Exception exception);

    [LoggerMessage(108, LogLevel.Warning, "{Count} requests could not be given back; their leases will end.")]
    internal static partial void ReleaseFailed(ILogger logger, int count, Exception exception);

    [LoggerMessage(109, LogLevel.Error, "A heartbeat failed; the next follows in a third of a lease. Further failures are logged at Debug until one succeeds.")]
    internal static partial void HeartbeatFailed(ILogger logger, Exception exception);

    [LoggerMessage(122, LogLevel.Debug, "A heartbeat failed again; the next follows in a third of a lease: {Reason}")]
    internal static partial void HeartbeatFailedAgain(ILogger logger, string reason);

    [LoggerMessage(110, LogLevel.Warning, "The queue could not be measured; the next try follows with the next interval.")]
    internal static partial void GaugeFailed(ILogger logger, Exception exception);

    [LoggerMessage(111, LogLevel.Warning, "The server refused a statement of the worker; the next try is in about {BackOff}. Further refusals of it are logged at Debug.")]
    internal static partial void ServerError(ILogger logger, TimeSpan backOff, Exception exception);

    [LoggerMessage(112, LogLevel.Debug, "The server refused the statement again; the next try is in about {BackOff}: {Reason}")]
    internal static partial void ServerErrorAgain(ILogger logger, TimeSpan backOff, string reason);

    [LoggerMessage(113, LogLevel.Error, "The worker cannot claim; the next try is in about {BackOff}. Further failures are logged at Debug until a claim succeeds.")]
    internal static partial void ClaimFailed(ILogger logger, TimeSpan backOff, Exception exception);

    [LoggerMessage(114, LogLevel.Debug, "The worker cannot claim; the next try is in about {BackOff}: {Reason}")]
    internal static partial void ClaimFailedAgain(ILogger logger, TimeSpan backOff, string reason);

    [LoggerMessage(115, LogLevel.Warning, "Request {VoiceId} of video {VideoId} failed for good after {Attempt} attempts.")]
    internal static partial void FailedForGood(ILogger logger, Guid voiceId, Guid videoId, int attempt, Exception exception);

    [LoggerMessage(116, LogLevel.Warning, "Request {VoiceId} of video {VideoId}: attempt {Attempt} takes it over from worker {PreviousWorkerId}, whose lease has ended.")]
    internal static partial void TakenOver(ILogger logger, Guid voiceId, Guid videoId, int attempt, string previousWorkerId);

    [LoggerMessage(117, LogLevel.Information, "Request {VoiceId}, attempt {Attempt} is given back: the worker stops, and the synthesizer ended with: {Reason}")]
    internal static partial void GivenBackAtStop(ILogger logger, Guid voiceId, int attempt, string reason);

    [LoggerMessage(118, LogLevel.Error, "{Count} different requests have failed in a row, so the fault may be this worker's. It pauses for {Pause} and then tries with one.")]
    internal static partial void Paused(ILogger logger, int count, TimeSpan pause, Exception exception);

    [LoggerMessage(119, LogLevel.Warning, "A request was synthesized again; the worker goes on.")]
    internal static partial void Resumed(ILogger logger);

    [LoggerMessage(120, LogLevel.Information, "Read back {Count} requests that a claim took whose answer was lost.")]
    internal static partial void ReadBack(ILogger logger, int count);

    [LoggerMessage(121, LogLevel.Warning, "What claims took whose answers were lost could not be read back; the leases will end.")]
    internal static partial void NotReadBack(ILogger logger, Exception exception);
}
