using System.Diagnostics;
using System.Globalization;

namespace VideoVoice.Data.Tests.Processes;

/// <summary>Lets a process see another time than the machine's.</summary>
internal static class Faketime
{
    private static readonly string? s_library = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib").Select(folder => Path.Combine(folder, "faketime/libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;

    internal static bool IsInstalled => s_library is not null;

    internal static void Set(ProcessStartInfo description, int hours)
    {
        // The library itself and not the command faketime, whose child would outlive it.
        description.Environment["LD_PRELOAD"] = s_library;
        description.Environment["FAKETIME"] = string.Create(CultureInfo.InvariantCulture, $"{hours:+0;-0}h");
        // Timeouts count on the monotonic clock, which stays as it is.
        description.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        // Otherwise waits on a condition end at once, and the timer thread spins.
        description.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
    }
}
