using System.Text.RegularExpressions;
using NUnit.Framework;

namespace VideoVoice.Data.Tests;

/// <summary>The files of the repository that tests read: the solution's folder is looked for upwards from the tests' assembly.</summary>
internal static partial class Repository
{
    private static readonly string s_root = FindRoot();

    internal static string PathOf(string path) => Path.Combine(s_root, path);

    internal static string Read(string path) => File.ReadAllText(PathOf(path));

    /// <summary>The files below a folder that somebody wrote, by full path.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern = "*") =>
        Directory.EnumerateFiles(PathOf(folder), pattern, SearchOption.AllDirectories).Where(file => !BuiltPattern().IsMatch(file));

    [GeneratedRegex(@"[/\\](bin|obj|artifacts)[/\\]")]
    private static partial Regex BuiltPattern();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VideoVoice.Data.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("These tests read files of the repository and must run inside it.");
    }
}
