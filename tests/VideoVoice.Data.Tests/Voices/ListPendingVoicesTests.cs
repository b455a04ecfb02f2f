using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ListPendingVoicesTests : DatabaseTest
{
    [Test]
    public async Task Higher_priority_comes_first_then_the_place_in_the_queue()
    {
        var video = await CreateVideoAsync("low 0", "low 1");
        var urgent = (await Videos.CreateVideoAsync(new NewVideo("Urgent") { Priority = 1 }, cancellationToken: Token)).Id;
        await Voices.CreateVoiceRequestsAsync(urgent, [new("Ana", "high 0"), new("Ana", "high 1")], cancellationToken: Token);
        var later = await Videos.CreateVideoAsync("Later", cancellationToken: Token);
        await Voices.CreateVoiceRequestsAsync(later, [new("Ana", "later 0"), new("Ana", "later 1")], cancellationToken: Token);
        await SqlAsync("update voices set queue_at = '2024-01-01Z'::timestamptz + position * interval '1 second' where video_id <> @later", new { later });
        await SqlAsync("update voices set queue_at = '2024-01-01 00:00:00.5Z'::timestamptz + position * interval '1 second' where video_id = @later", new { later });

        var pending = await Voices.ListPendingVoicesAsync(cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pending.Select(r => r.TextContent), Is.EqualTo(["high 0", "high 1", "low 0", "later 0", "low 1", "later 1"]));
            Assert.That(pending[2].VideoId, Is.EqualTo(video));
            Assert.That((await Voices.ListPendingVoicesAsync(3, cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(["high 0", "high 1", "low 0"]));
        }
    }

    [Test]
    public async Task Only_pending_requests_whose_time_has_come_are_listed()
    {
        await CreateVideoAsync("pending", "processing", "completed", "failed", "delayed", "due");
        await SqlAsync(
            """
            update voices set status = text_content::voice_status where text_content in ('processing', 'completed', 'failed');
            update voices set available_at = now() + interval '1 hour' where text_content = 'delayed';
            update voices set available_at = now() - interval '1 hour' where text_content = 'due';
            """);

        Assert.That((await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Select(r => r.TextContent), Is.EqualTo(["pending", "due"]));
    }

    /// <summary>A request that was moved back in the queue has waited since its creation; one that failed, since its retry could start.</summary>
    [TestCase(0, "-1 minute", 3600)]
    [TestCase(1, "-1 minute", 60)]
    [TestCase(0, null, 3600)]
    [TestCase(1, null, 0)]
    public async Task Waited_seconds_begin_where_the_request_could_first_start(int failures, string? queued, double expected)
    {
        await CreateVideoAsync("one");
        // A time that a date cannot hold, which others may write, is no start.
        await SqlAsync("update voices set created_at = now() - interval '1 hour', queue_at = coalesce(now() + @queued::interval, 'infinity'), failures = @failures", new { failures, queued });

        Assert.That((await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Single().WaitedSeconds, Is.InRange(expected, expected + 50));
    }

    [TestCase("ALUNO", true, "aluno")]
    [TestCase("Nobody", true, "default")]
    [TestCase("Nobody", false, null)]
    public async Task A_request_of_a_Python_service_without_a_mapping_gets_the_one_of_its_character(string character, bool fallBack, string? expected)
    {
        await Settings.SetSettingAsync("fallback_to_default", fallBack ? "true" : "false", cancellationToken: Token);
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await SqlAsync("insert into voices (video_id, character_name, text_content) values (@video, @character, 'Oi')", new { video, character });

        var request = (await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Single();

        var mapping = expected is null ? null : await VoiceMappings.GetVoiceMappingAsync(expected, cancellationToken: Token);
        Assert.That(
            (request.VoiceMappingId, request.MappingVoiceId, request.VoiceFile, request.Language),
            Is.EqualTo((mapping?.Id, mapping?.VoiceId, mapping?.VoiceFile, mapping?.Language)));
    }

    [Test]
    public async Task The_mapping_that_was_asked_for_wins_over_the_name()
    {
        var mapping = await VoiceMappings.GetVoiceMappingAsync("professora", cancellationToken: Token);
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await Voices.CreateVoiceRequestAsync(video, "aluno", "Oi", mapping!.Id, cancellationToken: Token);

        Assert.That((await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Single().VoiceFile, Is.EqualTo(mapping.VoiceFile));
    }

    [Test]
    public async Task Only_what_waits_is_listed_as_pending()
    {
        await CreateVideoAsync("waits", "due", "later", "failed", "completed", "processing");
        await SqlAsync(
            """
            update voices
            set available_at = now() + case text_content when 'waits' then null when 'later' then interval '1 hour' else interval '-1 hour' end,
                status = case when text_content in ('failed', 'completed', 'processing') then text_content else 'pending' end::voice_status
            """);

        Assert.That((await Voices.ListPendingVoicesAsync(cancellationToken: Token)).Select(r => r.TextContent), Is.EquivalentTo(new[] { "waits", "due" }));
    }
}
