using System.Text.RegularExpressions;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>What users see stands in one namespace of its package; everything else in that of its folder.</summary>
public sealed partial class NamespaceTests
{
    public static IEnumerable<string> Projects => Directory.EnumerateFiles(Repository.PathOf("."), "*.csproj", SearchOption.AllDirectories)
        .Where(file => !Built(file)).Select(file => Path.GetRelativePath(Repository.PathOf("."), file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Projects))]
    public void A_namespace_is_its_folder_s(string project)
    {
        var root = Path.GetDirectoryName(Repository.PathOf(project))!;
        var package = Path.GetFileNameWithoutExtension(project);
        var files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Where(file => !Built(file)).ToList();

        Assert.That(files, Is.Not.Empty);
        using (Assert.EnterMultipleScope())
        {
            foreach (var file in files)
            {
                var text = File.ReadAllText(file);
                if (NamespacePattern().Match(text) is not { Success: true } found)
                    continue;

                var folder = Path.GetRelativePath(root, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
                string[] expected = project.StartsWith("src", StringComparison.Ordinal) && PublicPattern().IsMatch(text)
                    ? [package, "Microsoft.Extensions.DependencyInjection"]
                    : [folder == "." ? package : $"{package}.{folder}"];
                Assert.That(expected, Does.Contain(found.Groups[1].Value), file);
            }
        }
    }

    private static bool Built(string file) => BuiltPattern().IsMatch(file);

    [GeneratedRegex(@"[/\\](bin|obj|artifacts)[/\\]")]
    private static partial Regex BuiltPattern();

    [GeneratedRegex(@"(?m)^namespace ([\w.]+);")]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"(?m)^public ")]
    private static partial Regex PublicPattern();
}
