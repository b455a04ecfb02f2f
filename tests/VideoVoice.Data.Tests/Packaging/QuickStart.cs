using System.Text.RegularExpressions;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Packaging;

/// <summary>What the README tells a newcomer to type: the section whose heading contains "Quick start".</summary>
internal sealed partial record QuickStart(string Code, IReadOnlyList<string[]> PackageCommands)
{
    /// <summary>The first C# block of the section, and the arguments of each "dotnet add package" in it.</summary>
    public static QuickStart Read(string readme)
    {
        var section = Section().Match(readme);
        Assert.That(section.Success, "README.md has no heading with 'Quick start'.");
        var code = CodeBlock().Match(section.Value);
        Assert.That(code.Success, "The section 'Quick start' of README.md has no ```csharp block.");
        var commands = AddPackage().Matches(section.Value)
            .Select(command => command.Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ToArray();
        Assert.That(commands, Is.Not.Empty, "The section 'Quick start' of README.md has no line 'dotnet add package …'.");
        return new QuickStart(code.Groups["code"].Value, commands);
    }

    // Sub-headings belong to the section. "# " is no heading here: in a shell block it begins a comment.
    [GeneratedRegex(@"^##+ [^\n]*Quick start.*?(?=^##(?!#) |\z)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Section();

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^dotnet add package (?<arguments>[^#\n]+)", RegexOptions.Multiline)]
    private static partial Regex AddPackage();
}
