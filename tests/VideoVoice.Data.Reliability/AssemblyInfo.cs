using NUnit.Framework;

// A run has a server, a proxy and worker processes of its own; most of its time it waits for a fault to end.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: LevelOfParallelism(4)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
