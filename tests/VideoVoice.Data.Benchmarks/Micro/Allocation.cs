using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.Extensions.DependencyInjection;
using VideoVoice.Data.Benchmarks.Rivals;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Micro;

/// <summary>What one call allocates, through a manager and through Npgsql alone.</summary>
// BenchmarkDotNet derives a class from it, in an assembly of its own.
[MemoryDiagnoser]
public class Allocation
{
    private static TestDatabase s_database = null!;

    private ServiceProvider _library = null!;
    private Npgsql.NpgsqlDataSource _dataSource = null!;
    private VoiceManager _voices = null!;
    private RawVoices _raw = null!;
    private Guid _voice;
    private Guid _video;

    internal static async Task RunAsync(Arena arena)
    {
        await using var database = s_database = await arena.CreateAsync(Templates.Current);
        await Templates.RefillAsync(database, 1_000, "completed");
        // In this process: the database is here, and a project generated under the repository's build settings does not build.
        var config = ManualConfig.CreateEmpty()
            .AddJob((arena.Options.Short ? Job.Dry : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance))
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultConfig.Instance.GetColumnProviders().ToArray())
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"videovoice-micro-{Environment.ProcessId}"));
        var summary = BenchmarkRunner.Run<Allocation>(config);
        Directory.Delete(config.ArtifactsPath, recursive: true);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(r => !r.Success))
            throw new InvalidOperationException("A micro benchmark did not run.");
    }

    /// <summary>Opens both ways to the database.</summary>
    [GlobalSetup]
    public void Open()
    {
        _library = s_database.CreateLibrary();
        _dataSource = s_database.CreateDataSource();
        _voices = _library.GetRequiredService<VoiceManager>();
        _raw = new RawVoices(_dataSource);
        _voice = s_database.ScalarAsync<Guid>("select id from voices limit 1").GetAwaiter().GetResult();
        _video = s_database.ScalarAsync<Guid>("select id from videos limit 1").GetAwaiter().GetResult();
    }

    /// <summary>Closes them.</summary>
    [GlobalCleanup]
    public void Close()
    {
        _library.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _dataSource.Dispose();
    }

    /// <summary>A voice by its id, by hand.</summary>
    [Benchmark(Baseline = true)]
    public Task<Voice?> GetRaw() => _raw.GetAsync(_voice);

    /// <summary>A voice by its id.</summary>
    [Benchmark]
    public Task<Voice?> GetLibrary() => _voices.GetVoiceAsync(_voice);

    /// <summary>One voice, by hand.</summary>
    [Benchmark]
    public Task<Guid> CreateRaw() => _raw.CreateAsync(_video, "aluno", "Olá professora!");

    /// <summary>One voice.</summary>
    [Benchmark]
    public Task<Guid> CreateLibrary() => _voices.CreateVoiceRequestAsync(_video, "aluno", "Olá professora!");
}
