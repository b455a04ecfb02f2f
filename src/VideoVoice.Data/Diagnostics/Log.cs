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
}
