using System.CommandLine;
using System.Runtime.InteropServices;
using Npgsql;
using VideoVoice.Data;
using VideoVoice.Data.Testing;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample.Commands;

/// <summary>Runs a command: signals, errors and exit codes.</summary>
internal static class Invocation
{
    /// <summary>Parses and runs.</summary>
    /// <returns>0: done. 1: not, and standard error says why. 130: Ctrl+C; 143: SIGTERM.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        using var stop = new CancellationTokenSource();
        var signalled = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, 130));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, 143));

        // The parser's own handling would give a command two seconds to end.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        try
        {
            var code = await root.Parse(args).InvokeAsync(configuration, stop.Token);
            return signalled != 0 ? signalled : code;
        }
        catch (Exception e) when (signalled != 0 && (e is OperationCanceledException || IsExpected(e)))
        {
            // A terminal's Ctrl+C ends child processes as well, whose failure is not worth a message then.
            return signalled;
        }
        catch (Exception e) when (IsExpected(e))
        {
            return Fail(e);
        }

        void Stop(PosixSignalContext context, int code)
        {
            // The second signal ends the process at once.
            context.Cancel = Interlocked.Exchange(ref signalled, code) == 0;
            if (context.Cancel)
                stop.Cancel();
        }
    }

    /// <summary>Gives a command an action on the services of the configured database.</summary>
    public static void SetAction(this Command command, Func<IServiceProvider, ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, token) =>
        {
            await using var services = Composition.Connect();
            return await action(services, parsed, token);
        });

    /// <summary>The option of the commands that write files.</summary>
    public static Option<DirectoryInfo> OutputOption() => new("--output", "-o")
    {
        Description = "The folder for the audio and the images.",
        DefaultValueFactory = _ => new DirectoryInfo("output"),
    };

    private static bool IsExpected(Exception e) =>
        e is SampleException or DatabaseConnectionException or NpgsqlException or LocalPostgresException or IOException or UnauthorizedAccessException;

    private static int Fail(Exception e)
    {
        StandardError.Line(e.Message);
        if (e is DatabaseConnectionException or PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege })
            StandardError.Line("The sub-command check explains causes and cures.");
        if (e is DatabaseConnectionException { Problem: ConnectionProblem.DatabaseNotFound } or PostgresException { SqlState: PostgresErrorCodes.UndefinedTable })
            StandardError.Line("The sub-command init makes the database and its tables.");
        return 1;
    }
}
