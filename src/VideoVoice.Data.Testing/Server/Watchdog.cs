using System.Diagnostics;
using System.Globalization;

namespace VideoVoice.Data.Testing.Server;

/// <summary>
/// Stops a server and removes its folder: when asked, and when this process ends without asking.
/// On Unix a shell waits at a pipe that the system closes with this process, whatever ends it. Windows has no such shell:
/// there the end of the process is handled, and what a killed process leaves is swept at the next start.
/// </summary>
internal sealed class Watchdog
{
    // setsid and the background job take the shell out of this process's group and tree, so that a signal to either spares it.
    private const string Launcher = """
        exec 3<&0
        $(command -v setsid) /bin/sh -c "$1" videovoice-watchdog "$2" "$3" 2>/dev/null &
        """;

    // The command line names the random folder, and the process began when the file says so: no other process is signalled, whatever stands in the file. It is empty for a zombie,
    // which kill -0 would take for a running server in a container whose first process reaps nothing.
    // initdb and pg_ctl go on after their parent's end, and the server that pg_ctl starts has no process id in its folder for a moment. They are
    // known by their working folder, and are waited for: a removal under initdb would leave its shared memory behind.
    // Immediate shutdown (QUIT) lets the server free its shared memory, which KILL would not.
    private const string Script = """
        trap '' HUP INT TERM
        read -r line <&3
        exec 3<&-
        running() {
            pid=
            started=
            { read -r pid; read -r _; read -r started; } 2>/dev/null <"$1/data/postmaster.pid"
            case $pid in ''|*[!0-9]*) return 1 ;; esac
            if [ -r /proc/stat ]; then
                case $started in ''|*[!0-9]*) return 1 ;; esac
                ticks=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
                [ -n "$ticks" ] || return 1
                boot=$(sed -n 's/^btime //p' /proc/stat)
                distance=$((boot + ticks / $(getconf CLK_TCK) - started))
                [ $distance -ge -5 ] && [ $distance -le 5 ] || return 1
            fi
            if [ -d /proc/self ]; then args=$(tr '\0' ' ' <"/proc/$pid/cmdline"); else args=$(ps -o args= -p "$pid"); fi
            case $args in *"$1/data"*) return 0 ;; esac
            return 1
        }
        users() {
            for cwd in /proc/[0-9]*/cwd; do
                if [ "$cwd" -ef "$1" ]; then id=${cwd%/cwd}; echo "${id#/proc/}"; fi
            done
        }
        tries=0
        while ids=$(users "$1") && [ -n "$ids" ]; do
            tries=$((tries + 1))
            if [ $tries -gt 250 ]; then kill -KILL $ids; fi
            sleep 0.02
        done
        tries=0
        while running "$1"; do
            tries=$((tries + 1))
            if [ $tries -gt 250 ]; then kill -KILL "$pid"; else kill -QUIT "$pid"; fi
            sleep 0.02
        done
        tries=0
        while ! rm -rf "$1" && [ $tries -lt 250 ]; do tries=$((tries + 1)); sleep 0.02; done
        [ -e "$1" ] || rm -f "$2"
        """;

    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(20);

    private readonly ServerFolder _folder;
    private readonly Process? _shell;
    private int _stopped;

    private Watchdog(ServerFolder folder)
    {
        _folder = folder;
        // Rooted here on every system: without it, a collected owner would let go of the pipe and the lock.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        if (OperatingSystem.IsWindows()) return;
        _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Launcher, "sh", Script, folder.Path, folder.LockPath])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        });
    }

    internal static Watchdog Start(ServerFolder folder) => new(folder);

    /// <summary>Returns when the server has ended and its folder is gone. A second call does nothing.</summary>
    internal async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        if (_shell is null)
        {
            await Task.Run(StopOnWindows).ConfigureAwait(false);
        }
        else
        {
            _shell.StandardInput.Close();
            // The shell has a child that does the work: its end is the end of this stream.
            await _shell.StandardOutput.ReadToEndAsync().WaitAsync(s_stopLimit).ConfigureAwait(false);
            _shell.Dispose();
        }

        _folder.ReleaseLock();
    }

    private void OnProcessExit(object? sender, EventArgs e)
    {
        if (_shell is null) StopOnWindows();
    }

    private void StopOnWindows()
    {
        var postmasterFile = Path.Combine(_folder.DataPath, "postmaster.pid");
        for (var tries = 0; tries < 250 && Directory.Exists(_folder.Path); tries++)
        {
            try
            {
                if (FindServer(postmasterFile) is { } server)
                {
                    using (server) server.Kill(entireProcessTree: true);
                }

                Directory.Delete(_folder.Path, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                Thread.Sleep(20);
            }
        }

        _folder.ReleaseLock();
        if (!Directory.Exists(_folder.Path)) File.Delete(_folder.LockPath);
    }

    // The file's third line is the server's start in Unix seconds: it tells the server from a process that has its id now.
    private static Process? FindServer(string postmasterFile)
    {
        if (!File.Exists(postmasterFile)) return null;
        var lines = File.ReadAllLines(postmasterFile);
        if (lines.Length < 3
            || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(lines[2], CultureInfo.InvariantCulture, out var started)) return null;
        try
        {
            var process = Process.GetProcessById(id);
            var distance = process.StartTime.ToUniversalTime() - DateTimeOffset.FromUnixTimeSeconds(started).UtcDateTime;
            if (distance.Duration() < TimeSpan.FromSeconds(5)) return process;
            process.Dispose();
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
