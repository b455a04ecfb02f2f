using Microsoft.Extensions.Logging;

namespace VideoVoice.Sample.Display;

/// <summary>Errors and the log: one line each, without the configured password, should anything have put it in.</summary>
internal sealed class StandardError : ILoggerProvider, ILogger
{
    public static void Line(string text) => Console.Error.WriteLine(Composition.WithoutPasswords(text));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Line($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" {exception.Message}")}");

    public void Dispose()
    {
    }
}
