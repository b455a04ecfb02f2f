using VideoVoice.Data.Internal;
using VideoVoice.Data.Schema;

namespace VideoVoice.Data;

/// <summary>What <see cref="SchemaInitializer.InitializeAsync"/> would do now.</summary>
public sealed record SchemaPlan
{
    // Measured on 2 cores: a rewritten row with its indexes; a change of the catalog alone.
    private static readonly TimeSpan s_rewrittenRow = TimeSpan.FromMicroseconds(5);
    private static readonly TimeSpan s_catalog = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the database itself would be created.</summary>
    public bool DatabaseMissing { get; init; }

    /// <summary>The version of the schema now; 0 when no initializer has run.</summary>
    public int Version { get; init; }

    /// <summary>The version that this library knows.</summary>
    public int LatestVersion { get; init; }

    /// <summary>The names of the migrations that would be applied, in order; empty when the schema is current.</summary>
    public IReadOnlyList<string> Pending
    {
        get;
        init => field = EqualList<string>.Of(value);
    } = EqualList<string>.Of([]);

    /// <summary>What has to be mended first, a sentence each with its cure; empty when nothing is in the way.</summary>
    public IReadOnlyList<string> Obstacles
    {
        get;
        init => field = EqualList<string>.Of(value);
    } = EqualList<string>.Of([]);

    /// <summary>Requests of the Python services that would be adopted, by the server's statistics; 0 in a database that is adopted.</summary>
    public long Voices { get; init; }

    /// <summary>Videos of the Python services that would be adopted, by the server's statistics; 0 in a database that is adopted.</summary>
    public long Videos { get; init; }

    /// <summary>
    /// Whether the rows are rewritten because their times are read in a zone (<see cref="VideoVoiceOptions.LegacyTimeZone"/>) other than UTC. All tables are locked meanwhile.
    /// </summary>
    public bool RewritesTables { get; init; }

    /// <summary>
    /// For how long other services would wait for one lock, estimated from the rows: 5 µs for each that is rewritten, otherwise a tenth of a second. Indexes are built while they write.
    /// </summary>
    public TimeSpan LockDuration { get; init; }

    internal static SchemaPlan Of(int version, Adoption adoption, IReadOnlyList<Obstacle> obstacles)
    {
        string[] pending = [.. Migration.All.Where(m => m.Version > version).Select(m => m.Name)];
        return new SchemaPlan
        {
            Version = version,
            LatestVersion = Migration.Latest,
            Pending = pending,
            Obstacles = [.. obstacles.Select(o => o.Text)],
            Voices = adoption.Voices,
            Videos = adoption.Videos,
            RewritesTables = adoption.RewritesTables,
            LockDuration = pending.Length == 0 ? TimeSpan.Zero : s_catalog + (adoption.RewritesTables ? s_rewrittenRow * (adoption.Voices + adoption.Videos) : TimeSpan.Zero),
        };
    }

    /// <summary>The row of <c>get_adoption.sql</c>.</summary>
    internal sealed record Adoption
    {
        public long Voices { get; init; }

        public long Videos { get; init; }

        public bool RewritesTables { get; init; }
    }
}
