using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Python;

/// <summary>Starts services.py on a database.</summary>
internal static partial class PythonService
{
    private static readonly Lazy<string?> s_interpreter = new(() => new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasPsycopg2));

    /// <summary>Skips the test where a part is missing, and says what installs it.</summary>
    internal static void Require()
    {
        if (s_interpreter.Value is null)
            Assert.Ignore("There is no Python with psycopg2. Install it: apt-get install python3-psycopg2.");
    }

    internal static ChildProcess Start(string connectionString, params IEnumerable<string> arguments) =>
        StartInterpreter(connectionString, [Repository.PathOf("tests/VideoVoice.Data.Tests/Python/services.py"), .. arguments]);

    /// <summary>Runs the code of a page, which defines work(connection, synthesize), with a synthesizer.</summary>
    internal static ChildProcess StartPage(string connectionString, string page, string synthesize) => StartInterpreter(
        connectionString,
        "-c",
        $"""
        {CodePattern().Match(Repository.Read(page)).Groups[1].Value}
        {synthesize}
        e = os.environ
        work(psycopg2.connect(host=e["POSTGRES_HOST"], port=e["POSTGRES_PORT"], user=e["POSTGRES_USER"], password=e.get("POSTGRES_PASSWORD"), dbname=e["DATABASE_NAME"]), synthesize)
        """);

    private static ChildProcess StartInterpreter(string connectionString, params IEnumerable<string> arguments)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var description = new ProcessStartInfo(s_interpreter.Value!, ["-u", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        description.Environment["POSTGRES_HOST"] = target.Host;
        description.Environment["POSTGRES_PORT"] = $"{target.Port}";
        description.Environment["POSTGRES_USER"] = target.Username;
        description.Environment["POSTGRES_PASSWORD"] = target.Password;
        description.Environment["DATABASE_NAME"] = target.Database;
        return ChildProcess.Start(description);
    }

    /// <summary>The one line that a command prints.</summary>
    internal static async Task<string> RunAsync(string connectionString, CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        using var service = Start(connectionString, arguments);
        return await service.ReadLineAsync(cancellationToken);
    }

    private static bool HasPsycopg2(string interpreter)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(interpreter, ["-c", "import psycopg2"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [GeneratedRegex(@"(?s)```python\n(.*?)```")]
    private static partial Regex CodePattern();
}
