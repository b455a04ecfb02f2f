using System.Runtime.Versioning;
using NUnit.Framework;
using VideoVoice.Data.Tests.Testing;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

/// <summary>What becomes of the process. Linux, because its arguments are found under /proc.</summary>
[Platform("Linux"), UnsupportedOSPlatform("windows")]
[CancelAfter(60_000)]
public sealed class EspeakProcessTests
{
    private AudioFolder _folder = null!;
    private AudioFolder _output = null!;

    [SetUp]
    public void CreateFolders() => (_folder, _output) = (new AudioFolder(), new AudioFolder());

    [TearDown]
    public void DeleteFolders()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    [Test]
    public async Task Cancelling_while_it_synthesizes_ends_the_process_and_leaves_no_file(CancellationToken cancellationToken)
    {
        if (await SpeechSynthesizers.FindAsync("pt-br", cancellationToken) is not EspeakSynthesizer)
            Assert.Ignore("espeak-ng is missing: apt-get install espeak-ng");

        // A name of its own tells this process from those of other tests.
        var program = _folder["espeak"];
        await Script.WriteAsync(program, "exec -a \"$0\" espeak-ng \"$@\"", shell: "/bin/bash");
        await AssertCancelledAsync(program, until: () => _output.Names.Any(name => new FileInfo(_output[name]).Length > 100_000), cancellationToken);
    }

    [Test]
    public async Task Cancelling_while_it_neither_reads_nor_writes_ends_the_process(CancellationToken cancellationToken)
    {
        var program = _folder["silent"];
        await Script.WriteAsync(program, "sleep 300");

        await AssertCancelledAsync(program, until: () => ProcessesOf(program).Any(), cancellationToken);
    }

    [Test]
    public async Task A_program_that_ends_without_reading_its_input_is_judged_by_its_exit_code(CancellationToken cancellationToken)
    {
        var program = _folder["broken"];
        await Script.WriteAsync(program, "echo no data found >&2; exit 3");

        Assert.That(
            () => new EspeakSynthesizer(program, "pt-br").SynthesizeAsync(s_longText, "aluno", "pt-br", _output["a.wav"], cancellationToken),
            Throws.InvalidOperationException.With.Message.EqualTo("espeak-ng ended with exit code 3: no data found"));
        Assert.That(_output.Names, Is.Empty);
    }

    [Test]
    public async Task A_program_that_writes_half_a_header_yields_no_file(CancellationToken cancellationToken)
    {
        var program = _folder["half"];
        await Script.WriteAsync(program, "cat >/dev/null; printf RIFF");

        Assert.That(
            () => new EspeakSynthesizer(program, "pt-br").SynthesizeAsync("Oi", "aluno", "pt-br", _output["a.wav"], cancellationToken),
            Throws.TypeOf<InvalidDataException>());
        Assert.That(_output.Names, Is.Empty);
    }

    // Half a minute of work, and more than a pipe holds.
    private static readonly string s_longText = string.Concat(Enumerable.Repeat("Coloquei um vídeo de pássaros na TV. ", 20_000));

    private async Task AssertCancelledAsync(string program, Func<bool> until, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var synthesizing = Task.Run(
            () => new EspeakSynthesizer(program, "pt-br").SynthesizeAsync(s_longText, "aluno", "pt-br", _output["a.wav"], stop.Token),
            CancellationToken.None);
        while (!synthesizing.IsCompleted && !until())
            await Task.Delay(5, cancellationToken);
        Assert.That(ProcessesOf(program), Is.Not.Empty, "it runs");

        await stop.CancelAsync();

        Assert.That(() => synthesizing.WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ProcessesOf(program), Is.Empty, "it has ended");
        Assert.That(_output.Names, Is.Empty);
    }

    private static IEnumerable<string> ProcessesOf(string program)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string commandLine;
            try
            {
                commandLine = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue; // It has ended since it was listed.
            }

            if (commandLine.Contains(program, StringComparison.Ordinal))
                yield return process;
        }
    }
}
