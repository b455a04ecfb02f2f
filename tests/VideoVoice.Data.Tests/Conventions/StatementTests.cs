using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>sql/videos/create_video.sql is what VideoManager.CreateVideoAsync runs, and so on: no file without a method, no method without a file.</summary>
public sealed partial class StatementTests : DatabaseTest
{
    internal static readonly Dictionary<string, Type> Managers = new()
    {
        ["videos"] = typeof(VideoManager),
        ["voices"] = typeof(VoiceManager),
        ["voice_mappings"] = typeof(VoiceMappingManager),
        ["settings"] = typeof(SettingManager),
        ["status"] = typeof(StatusManager),
    };

    /// <summary>Steps inside the schema initializer, the notifications and the queue, which have no public methods of their own.</summary>
    private static readonly string[] s_innerFolders = ["schema", "migrations", "notifications", "queue", "roles", "functions"];

    /// <summary>Waiting runs the statements of the notifications' folder, one query for all that wait in the process; the others run statements that stand here.</summary>
    private static readonly string[] s_withoutFile = ["wait_for_voices", "wait_for_work", "complete_and_claim_voices", "complete_voice_processing"];

    public static IEnumerable<string> Names => Statements.Names.Order(StringComparer.Ordinal);

    [Test]
    public void Every_file_is_embedded_and_every_embedded_statement_is_a_file()
    {
        var sql = Repository.PathOf("sql");
        var files = Directory.EnumerateFiles(sql, "*.sql", SearchOption.AllDirectories)
            .Select(file => Path.ChangeExtension(Path.GetRelativePath(sql, file).Replace('\\', '/'), null))
            .Where(name => name != "schema");

        Assert.That(Statements.Names, Is.EquivalentTo(files));
        Assert.That(Statements.Names.Select(Folder).Distinct(), Is.SubsetOf(Managers.Keys.Concat(s_innerFolders)));
    }

    [Test]
    public void Every_file_has_its_method_and_every_method_its_file()
    {
        foreach (var (folder, manager) in Managers)
        {
            var files = Statements.Names.Where(name => Folder(name) == folder).Select(name => name[(folder.Length + 1)..]);
            var methods = AsyncMethods(manager).Select(method => SnakeCase(method.Name)).Distinct().Except(s_withoutFile);
            Assert.That(methods, Is.EquivalentTo(files), manager.Name);
        }
    }

    [Test]
    public void Every_inner_statement_is_run_by_name()
    {
        var source = string.Concat(Repository.Files("src/VideoVoice.Data", "*.cs").Select(File.ReadAllText));

        // The initializer finds migrations by their folder.
        foreach (var name in Statements.Names.Where(name => s_innerFolders.Contains(Folder(name)) && Folder(name) != "migrations"))
            Assert.That(source, Does.Contain($"\"{name}\""));
    }

    [TestCaseSource(nameof(Names))]
    public async Task The_server_prepares(string name)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand(Statements.Get(name), connection);

        // Without a type of the client the server infers each one, as it does when it plans the statement.
        foreach (var parameter in ParameterPattern().Matches(Statements.Get(name)).Select(m => m.Groups[1].Value).Distinct())
            command.Parameters.Add(new NpgsqlParameter(parameter, NpgsqlDbType.Unknown) { Value = DBNull.Value });

        await Assert.DoesNotThrowAsync(() => command.PrepareAsync(Token));
        Assert.That(command.IsPrepared, Is.True);
    }

    [TestCaseSource(nameof(Names))]
    public void House_style_of(string name)
    {
        var text = Statements.Get(name);
        var code = LiteralPattern().Replace(CommentPattern().Replace(text, ""), "''");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.Match(@"^-- \S"), "begins with a comment that says what is not in the code");
            Assert.That(text, Does.EndWith(";\n").And.Not.Contain("\r").And.Not.Contain("\t"));
            Assert.That(code, Does.Not.Match(@"(?-i)\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|WITH|SET|VALUES|RETURNING|AND|OR|NULL|AS|ON|JOIN|ORDER|GROUP|LIMIT)\b"), "lower case");
            Assert.That(code, Does.Not.Match(@"\bselect\s+\*|\w\.\*|returning\s+\*"), "names every column");
            Assert.That(code, Does.Not.Match(@"\binsert\s+into\s+\w+(\s+as\s+\w+)?\s*(values|select)\b"), "an insert names its columns");
            Assert.That(code, Does.Not.Match(@"[{}]"), "nothing is put into the text");
        }
    }

    [Test]
    public void No_sql_stands_in_the_source()
    {
        foreach (var file in Repository.Files("src/VideoVoice.Data", "*.cs"))
        {
            Assert.That(File.ReadAllText(file), Does.Not.Match(@"(?i)""[^""\n]*\b(select\s+\w+|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+table|pg_\w+\s*\()"), file);
        }
    }

    internal static IEnumerable<MethodInfo> AsyncMethods(Type type) => type
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => !method.IsSpecialName && typeof(Task).IsAssignableFrom(method.ReturnType));

    private static string Folder(string name) => name.Split('/')[0];

    private static string SnakeCase(string method) =>
        CapitalPattern().Replace(method[..^"Async".Length], "_$0").TrimStart('_').ToLowerInvariant();

    // A cast is written with two colons, so only the at sign stands before a name.
    [GeneratedRegex(@"(?<![@\w])@(\w+)")]
    private static partial Regex ParameterPattern();

    [GeneratedRegex("(?m)--.*$")]
    private static partial Regex CommentPattern();

    [GeneratedRegex("'[^']*'")]
    private static partial Regex LiteralPattern();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex CapitalPattern();
}
