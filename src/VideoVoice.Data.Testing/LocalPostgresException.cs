namespace VideoVoice.Data.Testing;

/// <summary>
/// No server could be found, installed or started. The message says what to do, and holds what initdb, postgres or npm wrote.
/// </summary>
public sealed class LocalPostgresException : Exception
{
    internal LocalPostgresException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
