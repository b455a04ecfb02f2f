using System.ComponentModel;
using System.Diagnostics;

namespace VideoVoice.Data.Testing.Server;

/// <summary>What a command that has ended wrote, and its exit code.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    internal string Text => string.Join(Environment.NewLine, new[] { Error.Trim(), Output.Trim() }.Where(text => text.Length > 0));
}

/// <summary>Runs one program to its end.</summary>
internal sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    internal string? User { get; init; }

    internal string? WorkingFolder { get; init; }

    /// <summary>
    /// Off for a program that leaves a child behind on Windows: the child inherits the pipes, and reading them would not end.
    /// </summary>
    internal bool Captured { get; init; } = true;

    /// <summary>On for a program in whose middle a kill would leave something behind: the watchdog lets it end.</summary>
    internal bool LeftToWatchdog { get; init; }

    /// <exception cref="LocalPostgresException">The program cannot be started.</exception>
    internal async Task<CommandResult> RunAsync(CancellationToken cancellationToken)
    {
        using var process = Start();
        try
        {
            var output = Captured ? process.StandardOutput.ReadToEndAsync(cancellationToken) : Task.FromResult("");
            var error = Captured ? process.StandardError.ReadToEndAsync(cancellationToken) : Task.FromResult("");
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return new CommandResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            if (!LeftToWatchdog || OperatingSystem.IsWindows()) process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = Captured,
            RedirectStandardError = Captured,
            WorkingDirectory = WorkingFolder ?? "",
        };
        // PGDATA, PGPORT and others would change what initdb and postgres do.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        if (User is not null)
        {
            start.UserName = User;
            start.Environment["HOME"] = WorkingFolder;
        }

        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            var asUser = User is null ? "" : $" as user {User}";
            throw new LocalPostgresException($"{Program} cannot be started{asUser}: {exception.Message}", exception);
        }
    }
}
