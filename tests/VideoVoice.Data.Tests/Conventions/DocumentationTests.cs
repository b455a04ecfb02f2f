using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>The pages of <c>docs</c> name what the code has, all of it and nothing else.</summary>
public sealed partial class DocumentationTests
{
    private static readonly Assembly[] s_assemblies = [typeof(VoiceManager).Assembly, typeof(IVoiceSynthesizer).Assembly];

    [Test]
    public void Every_option_stands_in_the_configuration()
    {
        var page = Repository.Read("docs/configuration.md");
        var options = new[] { typeof(VideoVoiceOptions), typeof(VoiceWorkerOptions) }.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Select(p => p.Name);

        Assert.That(options.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Every_instrument_stands_in_the_telemetry_with_its_unit()
    {
        var page = Repository.Read("docs/telemetry.md");
        var instruments = typeof(Telemetry).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(f => f.GetValue(null)).OfType<Instrument>().ToList();

        Assert.That(instruments, Is.Not.Empty);
        foreach (var instrument in instruments)
            Assert.That(page, Does.Match($@"`{Regex.Escape(instrument.Name)}`[^|\n]*\| {Regex.Escape(instrument.Unit!.Trim('{', '}'))} \|"), instrument.Name);
        Assert.That(InstrumentPattern().Matches(page).Select(m => m.Groups[1].Value), Is.SubsetOf(instruments.Select(i => i.Name)));
    }

    [Test]
    public void Every_log_event_stands_in_the_telemetry()
    {
        var events = s_assemblies.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(a => a.EventId);
        var listed = EventRowPattern().Matches(Repository.Read("docs/telemetry.md"))
            .SelectMany(row => row.Groups[1].Value.Split(", ")).Select(id => int.Parse(id, CultureInfo.InvariantCulture));

        Assert.That(listed, Is.EquivalentTo(events));
    }

    [Test]
    public void Every_outcome_stands_in_the_queue()
    {
        var page = Repository.Read("docs/queue.md");

        Assert.That(Enum.GetNames<WriteOutcome>().Where(name => !page.Contains($"| `{name}` |", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_vocabulary_stays_on_a_page() =>
        Assert.That(Repository.Read("docs/vocabulary.md").TrimEnd().Split('\n'), Has.Length.LessThanOrEqualTo(40));

    /// <summary>Words that the vocabulary has others for. The changelog names what was renamed, and the conversation of the sample has speakers and lines.</summary>
    [Test]
    public void No_file_uses_a_word_that_the_vocabulary_replaced()
    {
        string[] folders = ["src", "sql", "tests", "samples", "docs"];
        var files = folders.SelectMany(folder => Repository.Files(folder))
            .Where(file => Path.GetExtension(file) is ".cs" or ".sql" or ".md" or ".mjs" or ".py" && !file.EndsWith("DocumentationTests.cs", StringComparison.Ordinal))
            .Append(Repository.PathOf("README.md")).ToList();

        Assert.That(files, Has.Count.GreaterThan(200));
        Assert.That(files.SelectMany(file => ReplacedPattern().Matches(File.ReadAllText(file)).Select(word => $"{file}: {word.Value}")), Is.Empty);
    }

    [Test]
    public void Every_link_leads_to_a_file()
    {
        var broken = Directory.GetFiles(Repository.PathOf("docs"), "*.md").Concat([Repository.PathOf("README.md"), Repository.PathOf("CONTRIBUTING.md")])
            .SelectMany(page => LinkPattern().Matches(File.ReadAllText(page)).Select(link => (Page: page, Target: link.Groups[1].Value)))
            .Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.Page)!, link.Target)));

        Assert.That(broken, Is.Empty);
    }

    [GeneratedRegex(@"`(videovoice\.(?:voices|leases|notifications|queue)\.[a-z_.]+)`")]
    private static partial Regex InstrumentPattern();

    [GeneratedRegex(@"(?m)^\| (\d+(?:, \d+)*) \|")]
    private static partial Regex EventRowPattern();

    [GeneratedRegex(@"(?i)(?<!e)speak(?!er)|spoken|spoke\b|\bVoiceJob\b|\bQueueMark|TellAsync|Stops the wait")]
    private static partial Regex ReplacedPattern();

    // A file, with or without a heading in it; no address and no heading of the same page.
    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)")]
    private static partial Regex LinkPattern();
}
