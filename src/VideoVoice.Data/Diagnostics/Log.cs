using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Internal;

/// <summary>All log messages of the core, with their event ids.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Created the database {Database}.")]
    internal static partial void DatabaseCreated(ILogger logger, string database);

    [LoggerMessage(2, LogLevel.Information, "Applied the migration {Migration}.")]
    internal static partial void MigrationApplied(ILogger logger, string migration);

    [LoggerMessage(3, LogLevel.Warning, "The schema has version {Version}; this library knows {LibraryVersion}. It goes on, because migrations only add.")]
    internal static partial void SchemaNewer(ILogger logger, int version, int libraryVersion);

    [LoggerMessage(4, LogLevel.Warning, "The listening connection was lost; the next try is in about {BackOff}. Waiting goes on.")]
    internal static partial void ListenerLost(ILogger logger, TimeSpan backOff, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "Sleeping processes could not be told; they look by themselves within their poll interval.")]
    internal static partial void NotifyFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "The database cannot be reached. This is logged once, until it answers again.")]
    internal static partial void DatabaseAway(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The database answers again.")]
    internal static partial void DatabaseBack(ILogger logger);
}
