using System.Text.Json;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <summary>
/// The services' JSON file: <c>voice_mappings</c> (by voice_id), <c>available_voices</c> (display names, and voices without an entry of their own)
/// and <c>settings</c>.
/// </summary>
public sealed class VoiceConfiguration
{
    private VoiceConfiguration(IReadOnlyList<NewVoiceMapping> mappings, IReadOnlyDictionary<string, string> settings)
    {
        Mappings = mappings;
        Settings = settings;
    }

    /// <summary>The mappings, in the order of the file.</summary>
    public IReadOnlyList<NewVoiceMapping> Mappings { get; }

    /// <summary>The settings as text: <c>true</c>, <c>42</c>, <c>pt-br</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Reads and checks the text of such a file.</summary>
    /// <param name="json">The text; unknown properties are ignored.</param>
    /// <exception cref="ArgumentException">No JSON object; a value of the wrong type, empty, too long or not allowed. The message names the place.</exception>
    public static VoiceConfiguration Parse(string json)
    {
        using var document = JsonDocument.Parse(Check.Json(json)!, new JsonDocumentOptions { MaxDepth = Check.MaxJsonDepth });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"The configuration is a JSON {root.ValueKind}; it must be an object with voice_mappings, available_voices and settings.", nameof(json));

        RefuseRepeatedNames(root, "");
        var entries = Members(root, "voice_mappings");
        var available = AvailableVoices(root);
        var mappings = entries.Keys.Union(available.Keys, StringComparer.Ordinal)
            .Select(id => Mapping(id, entries.GetValueOrDefault(id), available.GetValueOrDefault(id)))
            .ToList();
        return new VoiceConfiguration(mappings, Members(root, "settings").ToDictionary(s => Check.Text(s.Key, 100, "settings"), Setting, StringComparer.Ordinal));
    }

    private static Dictionary<string, JsonElement> AvailableVoices(JsonElement root)
    {
        if (!root.TryGetProperty("available_voices", out var voices) || voices.ValueKind == JsonValueKind.Null)
            return [];

        Require(voices, JsonValueKind.Array, "available_voices");
        var byId = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var voice in voices.EnumerateArray())
        {
            var name = $"available_voices[{byId.Count}]";
            Require(voice, JsonValueKind.Object, name);
            var id = Check.Text(Text(voice, "id", name), 50, $"{name}.id");
            if (!byId.TryAdd(id, voice))
                throw new ArgumentException($"The id '{id}' stands there twice. Remove one.", name);
        }

        return byId;
    }

    private static NewVoiceMapping Mapping(string id, JsonElement entry, JsonElement available)
    {
        var name = entry.ValueKind == JsonValueKind.Undefined ? $"available_voices.{id}" : $"voice_mappings.{id}";
        if (entry.ValueKind != JsonValueKind.Undefined)
            Require(entry, JsonValueKind.Object, name);

        return new NewVoiceMapping
        {
            VoiceId = id,
            VoiceName = Text(available, "name", name) ?? id,
            VoiceFile = Text(entry, "voice_file", name) ?? Text(available, "file", name)!,
            Language = Text(entry, "language", name) ?? Text(available, "language", name)!,
            Description = Text(entry, "description", name),
            Gender = Text(entry, "gender", name) ?? Text(available, "gender", name),
            Quality = Text(entry, "quality", name),
            IsDefault = id == "default",
        }.Checked(name);
    }

    private static string Setting(KeyValuePair<string, JsonElement> setting) => setting.Value.ValueKind switch
    {
        JsonValueKind.String => setting.Value.GetString()!,
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => setting.Value.GetRawText(),
        var kind => throw new ArgumentException($"It is a JSON {kind}; it must be a text, a number, true or false.", $"settings.{setting.Key}"),
    };

    private static Dictionary<string, JsonElement> Members(JsonElement root, string property)
    {
        var byName = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!root.TryGetProperty(property, out var members) || members.ValueKind == JsonValueKind.Null)
            return byName;

        Require(members, JsonValueKind.Object, property);
        foreach (var member in members.EnumerateObject())
        {
            byName.Add(member.Name, member.Value);
        }

        return byName;
    }

    /// <summary>JSON lets a name stand twice in one object, and its readers take one or the other.</summary>
    private static void RefuseRepeatedNames(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var (index, item) in element.EnumerateArray().Index())
                RefuseRepeatedNames(item, $"{path}[{index}]");
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (!names.Add(member.Name))
                throw new ArgumentException("The name stands there twice. Remove one.", name);
            RefuseRepeatedNames(member.Value, name);
        }
    }

    private static string? Text(JsonElement element, string property, string name)
    {
        if (element.ValueKind == JsonValueKind.Undefined || !element.TryGetProperty(property, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;

        Require(value, JsonValueKind.String, $"{name}.{property}");
        return value.GetString();
    }

    private static void Require(JsonElement element, JsonValueKind kind, string name)
    {
        if (element.ValueKind != kind)
            throw new ArgumentException($"It is a JSON {element.ValueKind}; it must be a JSON {kind}.", name);
    }
}
