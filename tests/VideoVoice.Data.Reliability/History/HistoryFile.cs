using System.Diagnostics;
using System.Text;

namespace VideoVoice.Data.Reliability.History;

/// <summary>The history of one worker process. Each line is with the system when a call returns, so a killed process loses at most the line that it is writing.</summary>
internal sealed class HistoryFile : IDisposable
{
    private const string ErrorMark = "!";

    private readonly string _worker;
    private readonly FileStream _file;
    private readonly Lock _writing = new();

    internal HistoryFile(string path)
    {
        _worker = Path.GetFileNameWithoutExtension(path);
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Now, in nanoseconds of the monotonic clock.</summary>
    internal static long Now => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    internal void Add(Method method, VoiceFence fence, WriteOutcome? outcome, long start) =>
        Write(new Call(_worker, method, fence.VoiceId, fence.Attempt, outcome, start, Now).Line);

    /// <summary>Keeps what went wrong in the process apart from a call: an exception that no task observed, or that ended it.</summary>
    internal void AddError(string what, object exception) => Write($"{ErrorMark}{what}: {exception.ToString()!.ReplaceLineEndings(" | ")}");

    internal static (List<Call> Calls, List<string> Errors) Read(string path)
    {
        var text = File.ReadAllText(path);
        var worker = Path.GetFileNameWithoutExtension(path);
        var lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (
            [.. lines.Where(line => !line.StartsWith(ErrorMark, StringComparison.Ordinal)).Select(line => Call.Parse(worker, line))],
            [.. lines.Where(line => line.StartsWith(ErrorMark, StringComparison.Ordinal)).Select(line => $"{worker}: {line[1..]}")]);
    }

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        lock (_writing)
            _file.Write(bytes);
    }
}
