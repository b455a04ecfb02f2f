using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Registration;

/// <summary>Logs at Debug what Npgsql logs of each statement at Information: a process that waits runs some in each poll interval.</summary>
internal sealed class StatementsAtDebug(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) =>
        categoryName == "Npgsql.Command" ? new Quiet(inner.CreateLogger(categoryName)) : inner.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        // The host's factory is the host's.
    }

    private sealed class Quiet(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(Lowered(logLevel));

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var level = Lowered(logLevel);
            inner.Log(level, eventId, state, exception, formatter);
        }

        private static LogLevel Lowered(LogLevel level) => level == LogLevel.Information ? LogLevel.Debug : level;
    }
}
