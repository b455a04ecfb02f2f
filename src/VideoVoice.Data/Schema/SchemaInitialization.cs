using VideoVoice.Data.Internal;

namespace VideoVoice.Data;

/// <summary>What <see cref="SchemaInitializer.InitializeAsync"/> did.</summary>
public sealed record SchemaInitialization
{
    /// <summary>Whether this call created the database.</summary>
    public bool DatabaseCreated { get; init; }

    /// <summary>The names of the migrations that this call applied, in order; empty when the schema was current.</summary>
    public IReadOnlyList<string> Applied
    {
        get;
        init => field = EqualList<string>.Of(value);
    } = EqualList<string>.Of([]);

    /// <summary>
    /// The <c>voice_id</c>s of mappings that the Python services had as the default beside an older one, and that are no default any more; empty when there was one default.
    /// </summary>
    public IReadOnlyList<string> FormerDefaults
    {
        get;
        init => field = EqualList<string>.Of(value);
    } = EqualList<string>.Of([]);

    /// <summary>The version that the schema has now.</summary>
    public int Version { get; init; }

    /// <summary>The version that this library knows. A higher <see cref="Version"/> is fine: migrations only add.</summary>
    public int LatestVersion { get; init; }
}
