namespace VideoVoice.Data.Hosting;

/// <summary>Thrown by a synthesizer for a request that no further attempt can synthesize, such as a language that the voice does not have. The request fails for good.</summary>
/// <param name="message">Kept as the request's error.</param>
/// <param name="innerException">The cause, or null.</param>
public sealed class PermanentVoiceException(string message, Exception? innerException = null) : Exception(message, innerException);
