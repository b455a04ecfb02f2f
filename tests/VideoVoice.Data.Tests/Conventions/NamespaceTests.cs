using System.Text.RegularExpressions;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>What users see stands in one namespace of its package; everything else in that of its folder.</summary>
public sealed partial class NamespaceTests
{
    public static IEnumerable<string> Projects => Repository.Files(".", "*.csproj")
        .Select(file => Path.GetRelativePath(Repository.PathOf("."), file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Projects))]
    public void A_namespace_is_its_folder_s(string project)
    {
        var root = Path.GetDirectoryName(Repository.PathOf(project))!;
        var package = Path.GetFileNameWithoutExtension(project);
        var files = Repository.Files(Path.GetDirectoryName(project)!, "*.cs").ToList();

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

    [GeneratedRegex(@"(?m)^namespace ([\w.]+);")]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"(?m)^public ")]
    private static partial Regex PublicPattern();
}
