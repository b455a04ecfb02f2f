using System.CommandLine;

namespace VideoVoice.Sample.Commands;

/// <summary>Makes the database, the schema and the voices.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var command = new Command("init", "Creates what is missing: the database, its schema, and the voices of data/voice_mapping.json.");
        command.SetAction(async (services, _, token) =>
        {
            var done = await Composition.InitializeAsync(services, token);
            if (done.DatabaseCreated)
                Console.WriteLine("Created the database.");
            foreach (var migration in done.Applied)
                Console.WriteLine($"Applied {migration}.");

            Console.WriteLine($"Schema version {done.Version}; voices imported.");
            return 0;
        });
        return command;
    }
}
