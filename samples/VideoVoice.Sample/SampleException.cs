namespace VideoVoice.Sample;

/// <summary>Something that the user can put right. The message says what; the program prints it and ends with exit code 1.</summary>
internal sealed class SampleException(string message, Exception? inner = null) : Exception(message, inner);
