namespace VideoVoice.Data.Testing.Server;

/// <summary>
/// Whose a file is. A shared temporary folder lets every user plant lock files, folders and symbolic links; what root finds there and believes would let
/// them choose which processes it kills. .NET has no call for the owner, so a shell's test asks.
/// </summary>
internal static class Ownership
{
    /// <summary>Makes the folder of this user's own, or says why it cannot be used.</summary>
    /// <param name="folder">In a folder that others may write to.</param>
    /// <param name="walked">Whether the server's user must walk through it: then others may, too, but see and change nothing in it.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    internal static async Task<string?> MakeOwnAsync(string folder, bool walked, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return null;
        }

        // mkdir fails on whatever is there already, a symbolic link included; then it must be a folder of ours.
        var mode = walked ? "711" : "700";
        var made = await new Command(
            "/bin/sh", "-c", """mkdir -m "$2" "$1" 2>/dev/null; [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && chmod "$2" "$1" """, "sh", folder, mode).RunAsync(cancellationToken).ConfigureAwait(false);
        return made.ExitCode == 0 ? null : $"{folder}: it is no folder of user {Environment.UserName}'s own. Remove it, or have its owner do so.";
    }

    /// <summary>Whether a lock file is this user's and its folder, where there is one, this user's or the server's; neither a symbolic link.</summary>
    internal static async Task<bool> IsOursAsync(string lockPath, string folder, string? serverUser)
    {
        if (OperatingSystem.IsWindows()) return true;
        var owned = await new Command(
            "/bin/sh",
            "-c",
            """
            [ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || exit 1
            [ -L "$2" ] && exit 1
            [ ! -e "$2" ] || [ -O "$2" ] || [ "$(stat -c %U "$2" 2>/dev/null || stat -f %Su "$2")" = "$3" ]
            """,
            "sh",
            lockPath,
            folder,
            serverUser ?? "").RunAsync(CancellationToken.None).ConfigureAwait(false);
        return owned.ExitCode == 0;
    }
}
