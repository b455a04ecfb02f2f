using System.Diagnostics;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Packaging;

/// <summary>Runs the dotnet command in a folder, as a developer at a terminal would.</summary>
internal static class DotNetCommand
{
    // dotnet test hands these to the tests; a child would take its build tasks from there.
    private static readonly string[] s_inheritedFromTheTestRun =
        ["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly"];

    /// <returns>Standard output and standard error together.</returns>
    public static async Task<string> RunAsync(
        string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in s_inheritedFromTheTestRun)
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // Build servers outlive the command that starts them.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            var text = await output + await errors;
            Assert.That(process.ExitCode, Is.Zero, $"dotnet {string.Join(' ', start.ArgumentList)}\n{text}");
            return text;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
