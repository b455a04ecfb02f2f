using System.Globalization;

namespace VideoVoice.Data.Reliability.History;

/// <summary>The paths of audio that nobody writes: they tell who completed a request.</summary>
internal static class Audio
{
    /// <summary>What the synthesizers report that fail for good.</summary>
    internal const string PermanentError = "This line cannot be synthesized.";

    internal static string PathOf(string worker, VoiceFence fence) => string.Create(CultureInfo.InvariantCulture, $"/{worker}/{fence.VoiceId:N}/{fence.Attempt}.wav");

    /// <summary>Of a worker without leases, which cannot know its attempt.</summary>
    internal static string PathOf(string worker, Guid voice) => $"/{worker}/{voice:N}.wav";

    /// <summary>Null for the audio of a worker without leases.</summary>
    internal static VoiceFence? FenceOf(string? path) =>
        path?.Split('/') is [_, _, var voice, var file] ? new VoiceFence(Guid.ParseExact(voice, "N"), int.Parse(file.Split('.')[0], CultureInfo.InvariantCulture)) : null;
}
