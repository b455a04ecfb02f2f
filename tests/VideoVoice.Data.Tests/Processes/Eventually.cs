using System.Diagnostics;

namespace VideoVoice.Data.Tests.Processes;

/// <summary>Waits for what another process brings about.</summary>
internal static class Eventually
{
    /// <summary>Returns true as soon as the condition holds, and false when it has not within the time limit.</summary>
    internal static async Task<bool> HoldsAsync(Func<bool> condition, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (limit ?? TimeSpan.FromSeconds(15))) return false;
            await Task.Delay(20);
        }

        return true;
    }

    /// <summary>False also for a zombie: it has ended, and only waits for its parent to take note.</summary>
    internal static bool Lives(int processId)
    {
        try
        {
            if (OperatingSystem.IsLinux()) return !File.ReadAllText($"/proc/{processId}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            return false;
        }
    }
}
