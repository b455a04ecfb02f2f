using System.Reflection;
using NUnit.Framework;
using PublicApiGenerator;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>
/// The public surface of each package is the one in <c>Conventions/Approved</c>: a change of it shows in the same commit. To approve one, run these tests with
/// the environment variable VIDEOVOICE_APPROVE_API=1.
/// </summary>
public sealed class PublicApiTests
{
    public static IEnumerable<Assembly> Packages => PublicTypeTests.Packages;

    [TestCaseSource(nameof(Packages))]
    public void The_surface_of_a_package_is_the_approved_one(Assembly package)
    {
        var file = Repository.PathOf($"tests/VideoVoice.Data.Tests/Conventions/Approved/{package.GetName().Name}.txt");
        var actual = package.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] }).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("VIDEOVOICE_APPROVE_API") == "1")
            File.WriteAllText(file, actual);

        Assert.That(Difference(File.Exists(file) ? File.ReadAllText(file) : "", actual), Is.Empty, $"lines of {package.GetName().Name} (- approved, + built)");
    }

    [Test]
    public void A_difference_names_the_lines_of_both()
    {
        Assert.That(Difference("one\ntwo\nthree\n", "one\nthree\nfour\n"), Is.EqualTo(new[] { "- two", "+ four" }));
        Assert.That(Difference("one\n", "one\none\n"), Is.EqualTo(new[] { "+ one" }));
        Assert.That(Difference("one\ntwo\n", "two\none\n"), Is.EqualTo(new[] { "  The same lines in another order." }));
    }

    private static List<string> Difference(string approved, string actual)
    {
        List<string> removed = [.. approved.Split('\n')];
        List<string> added = [];
        foreach (var line in actual.Split('\n'))
        {
            if (!removed.Remove(line))
                added.Add(line);
        }

        return removed.Count == 0 && added.Count == 0 && approved != actual
            ? ["  The same lines in another order."]
            : [.. removed.Select(line => $"- {line}"), .. added.Select(line => $"+ {line}")];
    }
}
