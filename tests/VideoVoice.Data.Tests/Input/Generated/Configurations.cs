using System.Text.Json;
using CsCheck;

namespace VideoVoice.Data.Tests.Input.Generated;

/// <summary>Voice configurations: valid ones, and texts of files that may be none.</summary>
internal static class Configurations
{
    private static readonly Gen<string> s_word = Gen.Char['a', 'z'].Array[1, 8].Select(c => new string(c));

    private static readonly Gen<string> s_text = Gen.Select(
        Gen.Select(s_word, s_word, Gen.OneOf("pt-br", "en", "ptbr"), Gen.OneOf("male", "female", "other"), (id, file, language, gender) => (id, file, language, gender)).Array[0, 5],
        Gen.Select(s_word, Gen.OneOf<object>(true, 42, 1.5, "pt-br", "")).Array[0, 4],
        (voices, settings) => JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["voice_mappings"] = voices.DistinctBy(v => v.id).ToDictionary(v => v.id, v => new { voice_file = v.file, v.language, v.gender, description = v.file }),
            ["settings"] = settings.DistinctBy(s => s.Item1).ToDictionary(s => s.Item1, s => s.Item2),
        }));

    internal static Gen<VoiceConfiguration> Valid { get; } = s_text.Select(VoiceConfiguration.Parse);

    /// <summary>Of the file that the services exchange, of generated ones, and of any JSON.</summary>
    internal static Gen<string?> Files(string real) => Gen.Frequency(
        (2, s_text.Select(t => (string?)t)),
        (4, Json.Damaged(Gen.OneOf(Gen.Const<string?>(real), s_text.Select(t => (string?)t)))),
        (2, Json.Any),
        (2, Gen.Select(Gen.OneOf("voice_mappings", "available_voices", "settings"), Json.Any, (name, json) => (string?)$$"""{"{{name}}": {{json}}}""")),
        (2, Gen.Select(Gen.OneOf("voice_file", "language", "gender", "quality", "description"), Json.Any, (name, json) =>
            (string?)("""{"voice_mappings": {"aluno": {"voice_file": "a.wav", "language": "pt", """ + $"\"{name}\": {json}" + "}}}"))));
}
