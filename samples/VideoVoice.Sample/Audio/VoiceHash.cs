using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace VideoVoice.Sample.Audio;

/// <summary>A number for a voice id. <see cref="string.GetHashCode()"/> gives another one in every process.</summary>
internal static class VoiceHash
{
    public static uint Of(string voiceId) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(voiceId)));
}
