using VideoVoice.Data.Tests.Mutants;

// dotnet test has a host of its own; this is for tests/VideoVoice.Data.Mutations, which runs the same tests hundreds of times.
return args is ["mutants"] ? MutantHost.Run() : 2;
