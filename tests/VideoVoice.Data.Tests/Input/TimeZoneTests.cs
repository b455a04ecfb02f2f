using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>Services whose sessions have different time zones write and read the same points in time.</summary>
public sealed class TimeZoneTests : DatabaseTest
{
    private static readonly string[] s_zones = ["America/Sao_Paulo", "Asia/Kolkata", "UTC"];

    private NpgsqlDataSource[] _sources = [];

    [SetUp]
    public void CreateSources() =>
        _sources = [.. s_zones.Select(zone => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Timezone = zone, MaxPoolSize = 2 }))];

    [TearDown]
    public async Task DisposeSourcesAsync()
    {
        foreach (var source in _sources)
            await source.DisposeAsync();
    }

    [Test]
    public async Task The_sessions_have_the_zones_of_this_test()
    {
        var zones = new List<string>();
        foreach (var source in _sources)
        {
            await using var command = source.CreateCommand("show timezone");
            zones.Add((string)(await command.ExecuteScalarAsync(Token))!);
        }

        Assert.That(zones, Is.EqualTo(s_zones));
    }

    [Test]
    public async Task A_video_and_its_requests_that_three_zones_wrote_read_the_same_in_each()
    {
        var videos = _sources.Select(source => new VideoManager(source)).ToArray();
        var voices = _sources.Select(source => new VoiceManager(source)).ToArray();
        var start = await NowAsync();

        var video = await videos[0].CreateVideoAsync("Video", cancellationToken: Token);
        await voices[1].CreateVoiceRequestsAsync(video, [new("Ana", "a"), new("Ana", "b")], cancellationToken: Token);
        await voices[0].CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", "c") { Position = 2 }, cancellationToken: Token);
        var ids = (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Id).ToArray();
        await voices[0].StartVoiceProcessingAsync(ids[0], cancellationToken: Token);
        await voices[1].CompleteVoiceProcessingAsync(ids[0], "/a.wav", cancellationToken: Token);
        await voices[1].StartVoiceProcessingAsync(ids[1], cancellationToken: Token);
        await voices[2].FailVoiceProcessingAsync(ids[1], "no sound", cancellationToken: Token);
        await videos[2].UpdateVideoStatusAsync(video, VideoStatus.Processing, cancellationToken: Token);
        await videos[1].UpdateVideoCompletedAsync(video, "/final.mp4", cancellationToken: Token);
        var end = await NowAsync();

        var expected = await Videos.GetVideoAsync(video, cancellationToken: Token);
        var lines = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new[] { expected!.CreatedAt, expected.CompletedAt!.Value }, Is.Ordered.And.All.InRange(start, end));
            Assert.That(expected.UpdatedAt, Is.InRange(start, end));
            Assert.That(
                lines.SelectMany(v => new[] { v.CreatedAt, v.UpdatedAt, v.ProcessingStartedAt, v.ProcessingCompletedAt }).OfType<DateTimeOffset>(),
                Has.Exactly(10).Items.And.All.InRange(start, end));
            Assert.That(lines.Select((v, i) => v.QueueAt!.Value.AddSeconds(-i)), Has.All.InRange(start, end));
            for (var i = 0; i < _sources.Length; i++)
            {
                Assert.That(await videos[i].GetVideoAsync(video, cancellationToken: Token), Is.EqualTo(expected), s_zones[i]);
                Assert.That(await voices[i].ListVoicesAsync(video, cancellationToken: Token), Is.EqualTo(lines), s_zones[i]);
                Assert.That((await videos[i].GetVideoAsync(video, cancellationToken: Token))!.CreatedAt.Offset, Is.EqualTo(TimeSpan.Zero), s_zones[i]);
            }
        }
    }

    [Test]
    public async Task The_queue_has_the_order_of_creation_whatever_the_zone()
    {
        // Wall clocks eight hours apart: with local times Kolkata's requests would all come last.
        for (var i = 0; i < 6; i++)
        {
            var source = _sources[i % 3];
            var video = await new VideoManager(source).CreateVideoAsync($"Video {i}", cancellationToken: Token);
            await new VoiceManager(source).CreateVoiceRequestAsync(video, "Ana", $"Line {i}", cancellationToken: Token);
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var source in _sources)
            {
                var expected = Enumerable.Range(0, 6).Select(i => $"Line {i}");
                Assert.That((await new VoiceManager(source).ListPendingVoicesAsync(cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(expected));
                Assert.That(
                    (await new VideoManager(source).ListVideosAsync(cancellationToken: Token)).Select(v => v.Title),
                    Is.EqualTo(Enumerable.Range(0, 6).Reverse().Select(i => $"Video {i}")));
                Assert.That((await new StatusManager(source).GetQueueStatisticsAsync(cancellationToken: Token)).OldestPendingAge, Is.InRange(TimeSpan.Zero, TimeSpan.FromMinutes(1)));
            }
        }
    }

    [Test]
    public async Task A_cursor_of_one_zone_goes_on_in_another()
    {
        await SqlAsync("insert into videos (title, created_at) select i::text, '2024-03-10Z'::timestamptz + i * interval '1 minute' from generate_series(1, 9) i");

        var titles = new List<string?>();
        PageCursor? after = null;
        foreach (var source in _sources)
        {
            var page = await new VideoManager(source).ListVideosAsync(after, 3, cancellationToken: Token);
            titles.AddRange(page.Select(v => v.Title));
            after = page[^1].Cursor;
        }

        Assert.That(titles, Is.EqualTo(Enumerable.Range(1, 9).Reverse().Select(i => $"{i}")));
    }

    [Test]
    public async Task Mappings_and_settings_of_one_zone_read_the_same_in_another()
    {
        await new SettingManager(_sources[0]).SetSettingAsync("key", "value", cancellationToken: Token);
        await new VoiceMappingManager(_sources[1]).SetVoiceMappingAsync(
            new NewVoiceMapping { VoiceId = "new", VoiceName = "New", VoiceFile = "new.wav", Language = "pt" }, cancellationToken: Token);

        var setting = await Settings.GetSettingAsync("key", cancellationToken: Token);
        var mapping = await VoiceMappings.GetVoiceMappingAsync("new", cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(setting!.CreatedAt, Is.EqualTo(await NowAsync()).Within(TimeSpan.FromMinutes(1)));
            Assert.That(mapping!.CreatedAt, Is.EqualTo(await NowAsync()).Within(TimeSpan.FromMinutes(1)));
            foreach (var source in _sources)
            {
                Assert.That(await new SettingManager(source).GetSettingAsync("key", cancellationToken: Token), Is.EqualTo(setting));
                Assert.That(await new VoiceMappingManager(source).GetVoiceMappingAsync("new", cancellationToken: Token), Is.EqualTo(mapping));
            }
        }
    }

    private async Task<DateTimeOffset> NowAsync() => new(await ScalarAsync<DateTime>("select clock_timestamp()"));
}
