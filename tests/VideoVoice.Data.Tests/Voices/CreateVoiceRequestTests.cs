using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class CreateVoiceRequestTests : DatabaseTest
{
    [Test]
    public async Task A_created_request_is_pending_and_has_what_was_given()
    {
        var video = (await Videos.CreateVideoAsync(new NewVideo("Video") { Priority = 6 }, cancellationToken: Token)).Id;
        var mapping = (await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token))!.Id;

        var (id, created) = await Voices.CreateVoiceRequestAsync(
            video, new NewVoiceRequest("Aluno", "Oi", mapping) { Position = 12, MaxAttempts = 5 }, cancellationToken: Token);

        var voice = await Voices.GetVoiceAsync(id, cancellationToken: Token);
        var expected = new Voice
        {
            Id = id,
            VideoId = video,
            CharacterName = "Aluno",
            TextContent = "Oi",
            VoiceMappingId = mapping,
            Position = 12,
            Priority = 6,
            MaxAttempts = 5,
            IsLocalStorage = true,
            CreatedAt = voice!.CreatedAt,
            UpdatedAt = voice.UpdatedAt,
            QueueAt = voice.QueueAt,
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(voice, Is.EqualTo(expected));
            Assert.That(voice.QueueAt, Is.EqualTo(voice.CreatedAt.AddSeconds(12)).Within(TimeSpan.FromSeconds(1)), "A request stands a second behind the one before it");
            Assert.That((created, id.Version), Is.EqualTo((true, 7)));
        }
    }

    [Test]
    public async Task The_options_give_the_attempts_and_the_step_in_the_queue()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var voices = new VoiceManager(DataSource, new VideoVoiceOptions { MaxAttempts = 9, QueueStep = TimeSpan.FromHours(1) });

        await voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", "Oi") { Position = 2 }, cancellationToken: Token);
        await voices.CreateVoiceRequestsAsync(video, [new("Ana", "a"), new("Ana", "b")], cancellationToken: Token);

        var created = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(created.Select(v => v.MaxAttempts), Is.EqualTo([9, 9, 9]));
            Assert.That(created.Select(v => Math.Round((v.QueueAt! - v.CreatedAt).Value.TotalHours, 2)), Is.EqualTo([0, 1, 2]));
        }
    }

    [Test]
    public async Task Repeating_with_the_same_id_changes_nothing()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var id = Guid.NewGuid();
        await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", "First") { Id = id }, cancellationToken: Token);
        var first = await Voices.GetVoiceAsync(id, cancellationToken: Token);

        var second = await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Bia", "Second") { Position = 1, Id = id }, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(second, Is.EqualTo(new CreateResult(id, Created: false)));
            Assert.That(await Voices.ListVoicesAsync(video, cancellationToken: Token), Is.EqualTo([first]));
        }
    }

    [Test]
    public async Task A_position_that_is_taken_stays_as_it_is()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var (first, _) = await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Ana", "First") { Position = 0 }, cancellationToken: Token);

        var second = await Voices.CreateVoiceRequestAsync(video, new NewVoiceRequest("Bia", "Second") { Position = 0 }, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Id), Is.EqualTo([first]));
            Assert.That(second, Is.EqualTo(new CreateResult(first, Created: false)));
            Assert.That((await Voices.GetVoiceAsync(first, cancellationToken: Token))!.TextContent, Is.EqualTo("First"));
        }
    }

    [Test]
    public async Task Requests_without_a_position_do_not_displace_each_other()
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);

        var first = await Voices.CreateVoiceRequestAsync(video, "Ana", "Same", cancellationToken: Token);
        var second = await Voices.CreateVoiceRequestAsync(video, "Ana", "Same", cancellationToken: Token);

        Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Id), Is.EqualTo([first, second]));
    }

    [Test]
    public async Task An_unknown_id_reads_as_null_and_an_unknown_video_as_an_empty_list()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Voices.GetVoiceAsync(Guid.NewGuid(), cancellationToken: Token), Is.Null);
            Assert.That(await Voices.ListVoicesAsync(Guid.NewGuid(), cancellationToken: Token), Is.Empty);
            Assert.That(await Voices.ListCompletedAudioPathsAsync(Guid.NewGuid(), cancellationToken: Token), Is.Empty);
        }
    }

    [TestCase(true, "video")]
    [TestCase(false, "voice mapping")]
    public async Task A_missing_parent_is_named_and_nothing_is_written(bool videoIsMissing, string parent)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var (videoId, mappingId) = videoIsMissing ? (Guid.NewGuid(), (Guid?)null) : (video, Guid.NewGuid());

        var one = await Assert.ThrowsAsync<ParentNotFoundException>(() => Voices.CreateVoiceRequestAsync(videoId, "Ana", "Oi", mappingId, cancellationToken: Token));
        var many = await Assert.ThrowsAsync<ParentNotFoundException>(() =>
            Voices.CreateVoiceRequestsAsync(videoId, [new("Ana", "Good"), new("Ana", "Oi", mappingId)], cancellationToken: Token));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((one!.Parent, many!.Parent), Is.EqualTo((parent, parent)));
            Assert.That(one.Message, Does.Contain($"The {parent} does not exist. Create it first"));
            Assert.That(await ScalarAsync<long>("select count(*) from voices"), Is.Zero);
        }
    }
}
