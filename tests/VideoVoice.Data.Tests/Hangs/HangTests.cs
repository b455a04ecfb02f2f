using System.Diagnostics;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hangs;

/// <summary>A test that hangs fails with its name and leaves a dump, by what every run has.</summary>
public sealed class HangTests
{
    [TestCase(nameof(HangsOnPurpose.In_the_test))]
    [TestCase(nameof(HangsOnPurpose.In_the_tear_down))]
    [CancelAfter(300_000)]
    public async Task A_test_that_hangs_ends_the_run_and_is_named(string test)
    {
        using var folder = new Testing.TemporaryFolder();
        var start = new ProcessStartInfo(
            "dotnet",
            ["test", typeof(HangTests).Assembly.Location, "--settings", Repository.PathOf("tests/.runsettings"), "--results-directory", folder.Path, "--filter", $"FullyQualifiedName~HangsOnPurpose.{test}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[HangsOnPurpose.Variable] = test;
        start.Environment[HangLimitAttribute.Variable] = "5";
        using var run = Process.Start(start)!;
        var (output, error) = (run.StandardOutput.ReadToEndAsync(), run.StandardError.ReadToEndAsync());
        await run.WaitForExitAsync(TestContext.CurrentContext.CancellationToken);

        var text = await output + await error;
        Assert.That(run.ExitCode, Is.Not.Zero, text);
        Assert.That(text, Does.Contain($"HangsOnPurpose.{test} hangs"));
        Assert.That(Directory.GetFiles(folder.Path, "*.dmp", SearchOption.AllDirectories), Has.Length.EqualTo(1), "the dump");
    }
}
