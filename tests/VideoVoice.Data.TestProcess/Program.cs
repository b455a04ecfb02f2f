using VideoVoice.Data.TestProcess;

// A process of its own for tests of what happens between processes. One verb per kind of process.
switch (args)
{
    case ["postgres", var end, .. var folder]:
        await PostgresVerb.RunAsync(end, folder.FirstOrDefault());
        return 0;
    case ["initialize"]:
        await InitializeVerb.RunAsync();
        return 0;
    case ["worker", var connectionString, var workerId, var milliseconds, var leaseSeconds]:
        await WorkerVerb.RunAsync(connectionString, workerId, milliseconds, leaseSeconds);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Usage: postgres wait|exit|throw|failfast [folder] | initialize | worker <connection string> <worker id> <milliseconds> <lease seconds>");
        return 2;
}
