using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Tests.Schema;

[CancelAfter(120_000)]
public sealed class BackupTests : WorkerTest
{
    [Test]
    public async Task A_dump_in_the_middle_of_work_is_restored_initialized_and_worked_to_its_end()
    {
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 60).Select(line => $"{line}")]);
        var lost = await Voices.ClaimVoicesAsync("lost with the server", 10, TimeSpan.FromSeconds(1), cancellationToken: Token);
        await Voices.CompleteVoicesAsync([.. lost.Take(5).Select(r => new VoiceCompletion(r.Fence, "/before.wav"))], cancellationToken: Token);
        using var folder = new Testing.TemporaryFolder();
        var file = Path.Combine(folder.Path, "dump");
        await RunAsync("pg_dump", ConnectionString, "--format=custom", "--file", file);

        var database = $"restored_{Guid.NewGuid():N}";
        var restored = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database, Pooling = false }.ConnectionString;
        await SqlAsync($"create database {database}");
        try
        {
            await RunAsync("pg_restore", restored, "--dbname", database, "--exit-on-error", file);
            await using var dataSource = NpgsqlDataSource.Create(restored);
            var initialized = await new SchemaInitializer(dataSource).InitializeAsync(Token);
            var host = await StartWorkerAsync((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.TextContent}-{request.Attempt}.wav")), o => o.Concurrency = 8, restored);
            await using var voices = new VoiceManager(dataSource);
            var result = await voices.WaitForVoicesAsync(video, cancellationToken: Token);
            var audio = await voices.ListCompletedAudioPathsAsync(video, cancellationToken: Token);
            await host.StopAsync(Token);

            using (Assert.EnterMultipleScope())
            {
                Assert.That(initialized.Applied, Is.Empty);
                Assert.That(result!.AllCompleted, Is.True);
                Assert.That(audio.Take(10).Select(a => a.OutputAudioPath), Is.EqualTo(Enumerable.Repeat("/before.wav", 5).Concat(Enumerable.Range(5, 5).Select(line => $"/{line}-2.wav"))));
                Assert.That(audio, Has.Count.EqualTo(60));
            }
        }
        finally
        {
            await SqlAsync($"drop database {database} with (force)");
        }
    }

    private static async Task RunAsync(string program, string connectionString, params IEnumerable<string> arguments)
    {
        var (exitCode, _, error) = await ServerProgram.RunAsync(program, connectionString, Token, arguments);
        Assert.That(exitCode, Is.Zero, error);
    }
}
