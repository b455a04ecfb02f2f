using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using VideoVoice.Data.Benchmarks.Measuring;
using VideoVoice.Data.Benchmarks.Setting;

namespace VideoVoice.Data.Benchmarks.Work;

/// <summary>A video with its voices, all or nothing, against binary COPY of the same rows.</summary>
internal static class CreateMany
{
    private static readonly int[] s_sizes = [1, 10, 100, 1_000, 10_000];

    internal static Benchmark Row => new(
        "create-many",
        "create a video with its voices, one client",
        [.. s_sizes.Select(size => new Metric(Name(size), "voices/s")), .. s_sizes.Select(size => new Metric(Server(size), "µs/voice"))],
        "binary COPY",
        [
            new("binary COPY", async database =>
            {
                await using var dataSource = database.CreateDataSource();
                var mapping = await database.ScalarAsync<Guid>("select id from voice_mappings where voice_id = 'aluno'");
                return await SizesAsync(database, lines => CopyAsync(dataSource, mapping, lines));
            }),
            new("library", async database =>
            {
                await using var library = database.CreateLibrary();
                var videos = library.GetRequiredService<VideoManager>();
                return await SizesAsync(database, lines => videos.CreateVideoWithVoicesAsync("Video", lines));
            }),
        ],
        // By processor time, which is as much for both whatever else the machine does. 0.95 and 1.1 of COPY's speed.
        [.. s_sizes.Select(size => Goal.Most(Server(size), "library", "binary COPY", size >= 100 ? 1 / 0.95 : 1 / 1.1))]);

    private static string Name(int size) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{size:#,0} voices");

    private static string Server(int size) => $"{Name(size)}, server";

    private static async Task<double[]> SizesAsync(TestDatabase database, Func<NewVoiceRequest[], Task> create)
    {
        var rates = new List<double>();
        var costs = new List<double>();
        foreach (var size in s_sizes)
        {
            await Templates.RefillAsync(database, 1_000, "completed");
            NewVoiceRequest[] lines = [.. Enumerable.Range(0, size).Select(i => new NewVoiceRequest("aluno", $"Olá professora! Esta é a linha {i}."))];
            var warmUp = size > 100 ? 1 : 8;
            for (var i = 0; i < warmUp; i++)
                await create(lines);
            var before = await ServerCost.ReadAsync(database);
            var clock = Stopwatch.StartNew();
            var times = 0;
            do
            {
                await create(lines);
                times++;
            }
            while (clock.Elapsed < database.Options.Time / 3);
            rates.Add(times * size / clock.Elapsed.TotalSeconds);
            costs.Add((await ServerCost.ReadAsync(database) - before).Microseconds / (times * size));
            await database.VerifyAsync("pending", (long)(times + warmUp) * size);
        }

        return [.. rates, .. costs];
    }

    private static async Task CopyAsync(NpgsqlDataSource dataSource, Guid mapping, NewVoiceRequest[] lines)
    {
        var video = Guid.CreateVersion7();
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("insert into videos (id, title, status) values (@id, @title, 'pending')", connection, transaction)
        {
            Parameters = { new NpgsqlParameter<Guid>("id", video), new NpgsqlParameter<string>("title", "Video") },
        })
        {
            await command.ExecuteNonQueryAsync();
        }

        var now = DateTime.UtcNow;
        // The state is the column's default: COPY in binary needs the enum's type in the client otherwise.
        await using (var copy = await connection.BeginBinaryImportAsync(
            "copy voices (id, video_id, voice_mapping_id, character_name, text_content, position, priority, created_at, queue_at, max_attempts) from stdin (format binary)"))
        {
            for (var i = 0; i < lines.Length; i++)
            {
                await copy.StartRowAsync();
                await copy.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
                await copy.WriteAsync(video, NpgsqlDbType.Uuid);
                await copy.WriteAsync(mapping, NpgsqlDbType.Uuid);
                await copy.WriteAsync(lines[i].CharacterName, NpgsqlDbType.Varchar);
                await copy.WriteAsync(lines[i].TextContent, NpgsqlDbType.Text);
                await copy.WriteAsync(i, NpgsqlDbType.Integer);
                await copy.WriteAsync(0, NpgsqlDbType.Integer);
                await copy.WriteAsync(now.AddMicroseconds(i), NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(now.AddSeconds(i), NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(3, NpgsqlDbType.Integer);
            }

            await copy.CompleteAsync();
        }

        await transaction.CommitAsync();
    }
}
