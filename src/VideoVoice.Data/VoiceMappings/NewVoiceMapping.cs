using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>What <see cref="VoiceMappingManager.SetVoiceMappingAsync"/> writes.</summary>
public sealed record NewVoiceMapping
{
    private static readonly string[] s_genders = ["male", "female", "other"];
    private static readonly string[] s_qualities = ["low", "medium", "high"];

    /// <summary>Unique name, 1 to 50 characters.</summary>
    public required string VoiceId { get; init; }

    /// <summary>Display name, 1 to 100 characters.</summary>
    public required string VoiceName { get; init; }

    /// <summary>Path of the recording that is cloned, 1 to 255 characters.</summary>
    public required string VoiceFile { get; init; }

    /// <summary>Language code, 1 to 10 characters.</summary>
    public required string Language { get; init; }

    /// <summary>Free text, or null.</summary>
    public string? Description { get; init; }

    /// <summary><c>male</c>, <c>female</c>, <c>other</c> or null.</summary>
    public string? Gender { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c> or null.</summary>
    public string? Quality { get; init; }

    /// <summary>True makes it the default; false leaves the default where it is, even when that is this mapping.</summary>
    public bool IsDefault { get; init; }

    internal NewVoiceMapping Checked(string name)
    {
        Check.Text(VoiceId, 50, $"{name}.{nameof(VoiceId)}");
        Check.Text(VoiceName, 100, $"{name}.{nameof(VoiceName)}");
        Check.Text(VoiceFile, 255, $"{name}.{nameof(VoiceFile)}");
        Check.Text(Language, 10, $"{name}.{nameof(Language)}");
        Check.Value(Description, null, $"{name}.{nameof(Description)}");
        OneOf(Gender, s_genders, $"{name}.{nameof(Gender)}");
        OneOf(Quality, s_qualities, $"{name}.{nameof(Quality)}");
        return this;
    }

    private static void OneOf(string? value, string[] allowed, string name)
    {
        if (value is not null && !allowed.Contains(value, StringComparer.Ordinal))
            throw new ArgumentException($"'{value}' is not allowed. Use {string.Join(", ", allowed)} or null.", name);
    }
}
