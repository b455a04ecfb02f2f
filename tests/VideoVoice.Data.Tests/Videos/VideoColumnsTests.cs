using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class VideoColumnsTests : DatabaseTest
{
    private static readonly DateTimeOffset s_time = new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.Zero).AddTicks(1_234_560);

    private static readonly Video s_video = new()
    {
        Id = Guid.Parse("0190a6e0-0000-7000-8000-0000000000f1"),
        Title = "Aula de física",
        Description = "Two pupils and their teacher",
        BackgroundVideoPath = "/videos/background.mp4",
        OutputVideoPath = "/videos/final.mp4",
        WhatsappImagesPaths = ["/images/2.png", "/images/1.png", "/images/{3},\"4\".png"],
        Status = VideoStatus.Failed,
        Metadata = """{"fps": 30, "tags": ["a", "b"]}""",
        Priority = -7,
        ErrorMessage = "no disk",
        CreatedAt = s_time,
        UpdatedAt = s_time.AddDays(1),
        CompletedAt = s_time.AddDays(2),
    };

    [Test]
    public void The_record_of_these_tests_has_a_value_for_every_property() => EveryProperty.IsSet(s_video);

    [Test]
    public async Task GetVideo_returns_every_column()
    {
        await InsertAsync();

        AssertSame(await Videos.GetVideoAsync(s_video.Id, cancellationToken: Token));
    }

    [Test]
    public async Task ListVideos_returns_every_column()
    {
        await InsertAsync();

        AssertSame((await Videos.ListVideosAsync(cancellationToken: Token)).Single());
    }

    [Test]
    public async Task ListVideosByStatus_returns_every_column()
    {
        await InsertAsync();

        AssertSame((await Videos.ListVideosByStatusAsync(VideoStatus.Failed, cancellationToken: Token)).Single());
    }

    [Test]
    public async Task A_row_with_only_an_id_reads_as_pending_with_nulls()
    {
        await SqlAsync("insert into videos (id, status) values (@Id, null)", s_video);

        var video = await Videos.GetVideoAsync(s_video.Id, cancellationToken: Token);

        var expected = new Video { Id = s_video.Id, CreatedAt = video!.CreatedAt, UpdatedAt = video.UpdatedAt };
        Assert.That(video, Is.EqualTo(expected));
    }

    [Test]
    public async Task The_table_has_no_column_that_the_record_lacks()
    {
        var columns = await ScalarAsync<string[]>(
            "select array_agg(replace(column_name, '_', '')::text) from information_schema.columns where table_schema = current_schema() and table_name = 'videos'");

        Assert.That(columns, Is.EquivalentTo(typeof(Video).GetProperties().Where(p => p.CanWrite).Select(p => p.Name.ToLowerInvariant())));
    }

    private Task<int> InsertAsync() => SqlAsync(
        """
        insert into videos (id, title, description, background_video_path, output_video_path, whatsapp_images_paths, status, metadata,
            priority, error_message, created_at, updated_at, completed_at)
        values (@Id, @Title, @Description, @BackgroundVideoPath, @OutputVideoPath, @WhatsappImagesPaths, 'failed', @Metadata::jsonb,
            @Priority, @ErrorMessage, @CreatedAt, @UpdatedAt, @CompletedAt)
        """,
        s_video);

    private static void AssertSame(Video? actual)
    {
        using (Assert.EnterMultipleScope())
        {
            // Records compare arrays by reference.
            Assert.That(actual! with { WhatsappImagesPaths = null }, Is.EqualTo(s_video with { WhatsappImagesPaths = null }));
            Assert.That(actual.WhatsappImagesPaths, Is.EqualTo(s_video.WhatsappImagesPaths));
            Assert.That(actual.CreatedAt.Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(actual.Cursor, Is.EqualTo(new PageCursor(s_video.CreatedAt, s_video.Id)));
        }
    }
}
