using System.Globalization;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Testing;

namespace VideoVoice.Data.Tests.Samples;

/// <summary>A test of the sample's commands: a database of its own, named to the process by the Python services' variables, and a folder.</summary>
public abstract class CommandTest : DatabaseTest
{
    private readonly TemporaryFolder _folder = new();

    protected string Folder => _folder.Path;

    /// <summary>Where the process connects; a test changes it before it runs a command.</summary>
    protected NpgsqlConnectionStringBuilder Target { get; private set; } = null!;

    [SetUp]
    public void SetTarget() => Target = new NpgsqlConnectionStringBuilder(ConnectionString);

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private protected Task<SampleResult> RunAsync(params string[] arguments) => SampleProcess.RunAsync(Folder, Environment(), Token, arguments);

    private protected SampleProcess Start(params string[] arguments) => SampleProcess.Start(Folder, Environment(), arguments);

    /// <summary>Writes a file into the folder and returns its name.</summary>
    protected async Task<string> FileAsync(string content)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "lines.json"), content, Token);
        return "lines.json";
    }

    /// <summary>Further variables of the process.</summary>
    protected Dictionary<string, string> Variables { get; } = [];

    private Dictionary<string, string> Environment() => new(Variables)
    {
        ["POSTGRES_HOST"] = Target.Host!,
        ["POSTGRES_PORT"] = Target.Port.ToString(CultureInfo.InvariantCulture),
        ["POSTGRES_USER"] = Target.Username!,
        ["POSTGRES_PASSWORD"] = Target.Password ?? "",
        ["DATABASE_NAME"] = Target.Database!,
    };
}
