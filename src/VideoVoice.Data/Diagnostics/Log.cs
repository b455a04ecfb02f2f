using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Diagnostics;

/// <summary>All log messages of the core, with their event ids.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Created the database {Database}.")]
    internal static partial void DatabaseCreated(ILogger logger, string database);

    [LoggerMessage(2, LogLevel.Information, "Applied the migration {Migration}.")]
    internal static partial void MigrationApplied(ILogger logger, string migration);

    [LoggerMessage(3, LogLevel.Warning, "The schema has version {Version}; this library knows {LatestVersion}. It goes on, because migrations only add.")]
    internal static partial void SchemaNewer(ILogger logger, int version, int latestVersion);

    [LoggerMessage(4, LogLevel.Warning, "The listening connection was lost. Waiting goes on and polls until it is back.")]
    internal static partial void ListenerLost(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "Waiting processes could not be notified; they see the change at their next poll.")]
    internal static partial void NotifyFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "The database cannot be reached. This is logged once, until it answers again.")]
    internal static partial void DatabaseAway(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The database answers again.")]
    internal static partial void DatabaseBack(ILogger logger);

    [LoggerMessage(8, LogLevel.Information, "The listening connection is back.")]
    internal static partial void ListenerBack(ILogger logger);

    [LoggerMessage(9, LogLevel.Warning, "The listening connection could not be closed in order; it is dropped.")]
    internal static partial void ListenerNotClosed(ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "This process cannot register for notifications: it polls each {PollInterval}, and tries to register again in {Pause}. Further failures are not logged until it has registered.")]
    internal static partial void NotRegistered(ILogger logger, TimeSpan pollInterval, TimeSpan pause, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "The look for those who wait failed; it is repeated. Further failures are logged at Debug until a look succeeds.")]
    internal static partial void LookFailed(ILogger logger, Exception exception);

    [LoggerMessage(12, LogLevel.Debug, "The look for those who wait failed again: {Reason}")]
    internal static partial void LookFailedAgain(ILogger logger, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Maximum Pool Size is 1, so no connection is left to listen on: waiting only polls. Set it to 2 or more.")]
    internal static partial void PoolTooSmall(ILogger logger);

    [LoggerMessage(14, LogLevel.Warning, "The migration {Migration} did not get its locks in try {Try} of {Tries}; it lets the others go on and tries again. {Blockers}")]
    internal static partial void MigrationWaits(ILogger logger, string migration, int @try, int tries, string blockers);

    [LoggerMessage(15, LogLevel.Warning, "More than one mapping was the default. The oldest still is; no longer: {VoiceIds}.")]
    internal static partial void FormerDefaults(ILogger logger, string voiceIds);

    [LoggerMessage(16, LogLevel.Warning, "Notifications do not arrive: a connection pooler such as PgBouncer stands before the server, or the tables are on another one. Waiting polls. Set BehindPgBouncer, or Notifications to false.")]
    internal static partial void NotificationsDoNotArrive(ILogger logger);

    [LoggerMessage(17, LogLevel.Error, "A connection pooler stands before the server. This is logged once.")]
    internal static partial void PoolerFound(ILogger logger, Exception exception);
}
