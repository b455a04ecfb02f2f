using VideoVoice.Sample.Commands;

var root = DemoCommand.Create();
root.Subcommands.Add(InitCommand.Create());
root.Subcommands.Add(CheckCommand.Create());
root.Subcommands.Add(GenerateCommand.Create());
root.Subcommands.Add(CloneCommand.Create());
root.Subcommands.Add(StatusCommand.Create());
root.Subcommands.Add(WatchCommand.Create());
root.Subcommands.Add(DropCommand.Create());
return await Invocation.RunAsync(root, args);
