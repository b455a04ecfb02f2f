namespace VideoVoice.Data;

/// <summary>How one attempt of a request ended badly: an entry of <c>voices.errors</c>. What another program wrote there in another form reads as the default of its type.</summary>
public sealed record VoiceError
{
    /// <summary>The attempt, from 1; 0 when the request was cancelled before its first.</summary>
    public int Attempt { get; init; }

    /// <summary>Who had it; null without a lease.</summary>
    public string? WorkerId { get; init; }

    /// <summary>When, UTC, by the server's clock.</summary>
    public DateTimeOffset FailedAt { get; init; }

    /// <summary>What went wrong.</summary>
    public string Message { get; init; } = "";
}
