using System.Globalization;
using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Tests.Processes;
using VideoVoice.Data.Tests.Testing;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>The sample without arguments and without a configured server: it starts a PostgreSQL of its own.</summary>
[CancelAfter(120_000)]
public sealed partial class DemoTests
{
    private static readonly Dictionary<string, string> s_noServer = [];

    private static CancellationToken Token => TestContext.CurrentContext.CancellationToken;

    [Test]
    public async Task Synthesizes_the_conversation_shows_it_and_leaves_no_server()
    {
        using var folder = new TemporaryFolder();

        using var sample = SampleProcess.Start(folder.Path, s_noServer);
        var server = ServerOf(await sample.ReadToAsync("PostgreSQL", Token));
        var result = await sample.EndAsync(Token);

        var seconds = result.Rows.Select(row => double.Parse(row[5].Split(' ')[0], CultureInfo.InvariantCulture)).ToList();
        var joined = JoinedLine().Match(result.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(result.Error, Is.Empty);
            Assert.That(result.Output, Does.Contain("speech by espeak-ng").Or.Contain("a tone of each text's length"));
            Assert.That(result.Output, Does.Contain("Voices: 18 of 18 completed"));
            Assert.That(result.Rows.Select(row => row[0]), Is.EqualTo(Enumerable.Range(1, 18).Select(i => $"{i}")));
            Assert.That(result.Rows.Select(row => row[1]), Is.EqualTo(Enumerable.Range(0, 18).Select(i => i % 2 == 0 ? "Ana" : "Bruno")));
            Assert.That(result.Rows.Select(row => row[3]), Is.All.EqualTo("default"));
            Assert.That(result.Rows.Select(row => row[4]), Is.All.EqualTo("Completed"));
            Assert.That(result.Rows.Select(row => row[6]), Is.Unique.And.All.Matches<string>(File.Exists));
            Assert.That(seconds, Is.All.Positive);
            Assert.That(joined.Groups["path"].Value, Does.StartWith(Path.Combine(folder.Path, "output")).And.Matches<string>(File.Exists));
            Assert.That(double.Parse(joined.Groups["seconds"].Value, CultureInfo.InvariantCulture), Is.EqualTo(seconds.Sum() + 17 * 0.3).Within(0.2));
            Assert.That(Eventually.Lives(server.ProcessId), Is.False, "The server still runs.");
            Assert.That(Directory.Exists(server.Folder), Is.False, "Its folder is still there.");
            Assert.That(Directory.EnumerateFiles(folder.Path, "*.tmp*", SearchOption.AllDirectories), Is.Empty);
        }
    }

    // CI systems make the console library write escape codes into a pipe.
    [Test]
    public async Task A_pipe_gets_plain_lines()
    {
        using var folder = new TemporaryFolder();

        var result = await SampleProcess.RunAsync(folder.Path, new Dictionary<string, string> { ["GITHUB_ACTIONS"] = "true", ["TERM"] = "xterm-256color" }, Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(result.Output, Does.Not.Contain('\u001b'));
            Assert.That(result.Rows, Has.Length.EqualTo(18), "Each line of the conversation is one line of output.");
        }
    }

    [Test, Platform("Linux", Reason = "The script program of other systems takes other arguments.")]
    public async Task A_terminal_gets_a_bar()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["TERM"] = "xterm-256color" };

        using var sample = SampleProcess.StartProgram("script", ["-qec", $"'{ChildProcess.Dotnet}' exec '{SampleProcess.Assembly}'", "/dev/null"], folder.Path, environment);
        var result = await sample.EndAsync(Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.Zero, result.Output);
            Assert.That(result.Output, Does.Contain('\u001b').And.Contain("━").And.Contain("100%"));
        }
    }

    [Test, Platform(Exclude = "Win", Reason = "Windows has no signals, and there the next start sweeps.")]
    public async Task Killed_it_leaves_no_server()
    {
        using var folder = new TemporaryFolder();
        using var sample = SampleProcess.Start(folder.Path, s_noServer);
        var server = ServerOf(await sample.ReadToAsync("PostgreSQL", Token));
        Assert.That(Eventually.Lives(server.ProcessId), Is.True);

        sample.Kill();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Eventually.HoldsAsync(() => !Eventually.Lives(server.ProcessId)), Is.True, "The server still runs.");
            Assert.That(await Eventually.HoldsAsync(() => !Directory.Exists(server.Folder)), Is.True, "Its folder is still there.");
        }
    }

    [TestCase("INT", 130), TestCase("TERM", 143), Platform(Exclude = "Win", Reason = "Windows has no signals.")]
    public async Task A_signal_stops_its_server_before_it_ends(string signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        using var sample = SampleProcess.Start(folder.Path, s_noServer);
        var server = ServerOf(await sample.ReadToAsync("PostgreSQL", Token));

        await sample.SignalAsync(signal, Token);
        var result = await sample.EndAsync(Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.Error);
            Assert.That(result.Error, Is.Empty);
            Assert.That(Eventually.Lives(server.ProcessId), Is.False, "The server still runs.");
        }
    }

    private static (int ProcessId, string Folder) ServerOf(string line)
    {
        var match = ServerLine().Match(line);
        return (int.Parse(match.Groups["process"].Value, CultureInfo.InvariantCulture), match.Groups["folder"].Value);
    }

    [GeneratedRegex(@"process (?<process>\d+), folder (?<folder>.+)$")]
    private static partial Regex ServerLine();

    [GeneratedRegex(@"^Audio: (?<path>.+), (?<seconds>[\d.]+) s\r?$", RegexOptions.Multiline)]
    private static partial Regex JoinedLine();
}
