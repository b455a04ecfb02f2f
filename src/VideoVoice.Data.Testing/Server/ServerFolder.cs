using System.Security.Cryptography;

namespace VideoVoice.Data.Testing.Server;

/// <summary>
/// The folder of one server, and beside it a file that the owning process holds locked for as long as it lives.
/// The system drops the lock with the process, however that ends, so a lock that can be taken marks a folder that nobody owns:
/// no process id is compared, and a process id in use again deceives nobody.
/// </summary>
internal sealed class ServerFolder
{
    private const string Prefix = "videovoice-postgres-";
    private const string LockSuffix = ".lock";
    private const string Memory = "/dev/shm";
    private const long RoomInMemory = 2L << 30;

    private static readonly char[] s_shellCharacters = OperatingSystem.IsWindows() ? [] : ['$', '`', '\\', '"', '\'', '\n'];

    private readonly FileStream _lock;

    private ServerFolder(string path, FileStream heldLock)
    {
        Path = path;
        _lock = heldLock;
    }

    internal string Path { get; }

    internal string LockPath => Path + LockSuffix;

    internal string DataPath => System.IO.Path.Combine(Path, "data");

    internal string LogPath => System.IO.Path.Combine(Path, "log");

    internal string PasswordPath => System.IO.Path.Combine(Path, "password");

    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath).Trim() : "";

    /// <summary>Where server folders are made by these options: the first is preferred.</summary>
    internal static IReadOnlyList<string> Parents(LocalPostgresOptions options)
    {
        if (options.Folder is not null) return [System.IO.Path.GetFullPath(options.Folder)];
        var shared = new List<string>();
        if (!options.Durable && OperatingSystem.IsLinux()) shared.Add(Memory);
        shared.Add(System.IO.Path.GetFullPath(System.IO.Path.GetTempPath()));
        if (!OperatingSystem.IsWindows()) shared.Add("/tmp");
        return [.. shared.Select(folder => System.IO.Path.Combine(folder, "videovoice-" + Environment.UserName))];
    }

    /// <exception cref="LocalPostgresException">None of the parents can be written and reached.</exception>
    internal static async Task<ServerFolder> CreateAsync(LocalPostgresOptions options, string? user, CancellationToken cancellationToken)
    {
        var refusals = new List<string>();
        foreach (var parent in Parents(options))
        {
            if (options.Folder is null && await Ownership.MakeOwnAsync(parent, user is not null, cancellationToken).ConfigureAwait(false) is { } refusal)
            {
                refusals.Add(refusal);
                continue;
            }

            if (parent.IndexOfAny(s_shellCharacters) >= 0)
            {
                refusals.Add($"{parent}: PostgreSQL's programs pass it to a shell, so it may hold none of $ ` \\ \" ' and no line break. Name another folder.");
                continue;
            }

            if (!ServerUser.CanReach(parent))
            {
                refusals.Add($"{parent}: user {user}, who runs the server, cannot reach it.");
                continue;
            }

            try
            {
                if (options.Folder is null && parent.StartsWith(Memory, StringComparison.Ordinal) && new DriveInfo(parent).AvailableFreeSpace < RoomInMemory) continue;
                return await CreateInAsync(parent, user, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                refusals.Add($"{parent}: {exception.Message}");
            }
        }

        throw new LocalPostgresException("No folder could be made for the server. " + string.Join(" ", refusals));
    }

    /// <summary>Stops the servers and removes the folders whose owners no longer live. Nothing of another user's is believed, opened or removed.</summary>
    internal static async Task SweepAsync(LocalPostgresOptions options)
    {
        foreach (var parent in Parents(options).Distinct().Where(Directory.Exists))
        {
            foreach (var lockPath in Directory.EnumerateFiles(parent, Prefix + "*" + LockSuffix).ToList())
            {
                if (!await Ownership.IsOursAsync(lockPath, lockPath[..^LockSuffix.Length], ServerUser.Find()).ConfigureAwait(false) || TakeLock(lockPath) is not { } taken) continue;
                var folder = new ServerFolder(lockPath[..^LockSuffix.Length], taken);
                await Watchdog.Start(folder).StopAsync().ConfigureAwait(false);
                if (Directory.Exists(folder.Path)) options.WriteLog($"{folder.Path} was left by an earlier run and could not be removed.");
            }
        }
    }

    internal void ReleaseLock() => _lock.Dispose();

    private static async Task<ServerFolder> CreateInAsync(string parent, string? user, CancellationToken cancellationToken)
    {
        var path = System.IO.Path.Combine(parent, Prefix + RandomNumberGenerator.GetHexString(12, lowercase: true));
        // The lock comes before the folder, so that no sweep ever sees a folder without its lock.
        var heldLock = new FileStream(path + LockSuffix, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                File.SetUnixFileMode(heldLock.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            if (user is not null)
            {
                var chown = await new Command("chown", user, path).RunAsync(cancellationToken).ConfigureAwait(false);
                if (chown.ExitCode != 0) throw new LocalPostgresException($"{path} cannot be given to user {user}: {chown.Text}");
            }

            return new ServerFolder(path, heldLock);
        }
        catch (Exception)
        {
            // A lock that is held would keep every sweep away from it.
            await heldLock.DisposeAsync().ConfigureAwait(false);
            if (Directory.Exists(path)) Directory.Delete(path);
            File.Delete(path + LockSuffix);
            throw;
        }
    }

    private static FileStream? TakeLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
