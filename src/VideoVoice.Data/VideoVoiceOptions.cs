namespace VideoVoice.Data;

/// <summary>Where the database is and how the library uses it. Bound from the configuration section <c>VideoVoice</c>.</summary>
public sealed class VideoVoiceOptions
{
    /// <summary>The configuration section, the name of the connection string, and the key of the <c>NpgsqlDataSource</c> in the container.</summary>
    public const string Name = "VideoVoice";

    private bool _notifications = true;

    /// <summary>The databases that registrations have named, as host:port/database.</summary>
    internal List<string> Targets { get; } = [];

    /// <summary>Whether the host brings the data source.</summary>
    internal bool IsOnDataSource { get; set; }

    /// <summary>
    /// Npgsql connection string. <c>Max Auto Prepare</c> (50), <c>No Reset On Close</c> (true) and <c>Options</c> (generic plans) are added where it does not set them,
    /// unless <see cref="BehindPgBouncer"/> is set. Not needed when the host brings an <c>NpgsqlDataSource</c>.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>The schema of the tables, set as the connection's search_path; null leaves the search_path alone. Not with a data source of the host, and not behind PgBouncer.</summary>
    public string? Schema { get; set; }

    /// <summary>Whether the connection goes through PgBouncer in transaction mode: no prepared statements, no start-up parameters, no LISTEN.</summary>
    public bool BehindPgBouncer { get; set; }

    /// <summary>Whether the initializer creates the database when it is missing. Needs <see cref="ConnectionString"/> and the right CREATEDB.</summary>
    public bool CreateDatabase { get; set; } = true;

    /// <summary>The database to connect to while the other is being created.</summary>
    public string MaintenanceDatabase { get; set; } = "postgres";

    /// <summary>
    /// The time zone, by its IANA name, in which the Python services' database server wrote its timestamps. It counts once, when their database is adopted;
    /// UTC takes over a table of any size without rewriting it.
    /// </summary>
    public string LegacyTimeZone { get; set; } = "UTC";

    /// <summary>Attempts of a new request before it fails for good, 1 to 1,000.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>
    /// How far a request of a video stands behind the request before it in the queue. A video created t later than another comes before the requests of
    /// that one from position t / QueueStep on. Zero: videos are synthesized one after the other.
    /// </summary>
    public TimeSpan QueueStep { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The wait before the second attempt after a failure, 0 to 1 day; it doubles with each failure since the last retry by hand, give or take a quarter. Releases and lost leases do not count.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait between two attempts, before the quarter more or less; 0 to 1 day.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How much earlier a request counts as queued for a worker that has its voice loaded, 0 to 1 day; see
    /// <see cref="VoiceManager.ClaimVoicesAsync(VoiceClaim, Npgsql.NpgsqlTransaction?, CancellationToken)"/>.
    /// </summary>
    public TimeSpan LoadedVoicePreference { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether sleeping processes are notified. Off behind PgBouncer, where LISTEN does not work: then waiting only polls.</summary>
    public bool Notifications
    {
        get => _notifications && !BehindPgBouncer;
        set => _notifications = value;
    }

    /// <summary>How often a process that waits looks by itself, 10 ms to 1 hour; one query for all that it waits for.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(5);
}
