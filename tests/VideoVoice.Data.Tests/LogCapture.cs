using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VideoVoice.Data.Tests;

/// <summary>Keeps all that is logged, from Trace on, with the texts of exceptions.</summary>
internal sealed class LogCapture : ILoggerFactory
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    internal IReadOnlyList<Entry> Entries => [.. _entries];

    internal string Text => string.Join('\n', _entries.Select(e => e.Message));

    /// <summary>Whether the values behind a message are kept with it.</summary>
    internal bool WithState { get; init; }

    internal void Clear() => _entries.Clear();

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _entries, WithState);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    internal sealed record Entry(string Category, LogLevel Level, EventId Event, string Message);

    private sealed class Logger(string category, ConcurrentQueue<Entry> entries, bool withState) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue(new Entry(category, logLevel, eventId, $"{formatter(state, exception)} {exception} {(withState && state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values) : "")}"));
    }
}
