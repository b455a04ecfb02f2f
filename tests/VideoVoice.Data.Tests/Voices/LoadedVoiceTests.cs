using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

/// <summary>A worker that names the voices that it has loaded gets their requests a bounded time earlier.</summary>
public sealed class LoadedVoiceTests : QueueTest
{
    private Guid _video;
    private Guid _loaded;
    private Guid _other;

    [SetUp]
    public async Task CreateMappingsAsync()
    {
        _video = await CreateVideoAsync();
        _loaded = await MappingAsync("aluno");
        _other = await MappingAsync("professora");
    }

    [TestCase(30, "loaded")]
    [TestCase(30.001, "head")]
    public async Task A_loaded_voice_comes_first_when_it_was_queued_within_the_preference(double later, string expected)
    {
        await QueueAsync(_video, "head", 0, _other);
        await QueueAsync(_video, "loaded", later, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public async Task Without_loaded_voices_the_queue_alone_decides()
    {
        await QueueAsync(_video, "head", 0, _other);
        await QueueAsync(_video, "next", 1, _loaded);

        Assert.That(await ClaimTextsAsync(1), Is.EqualTo(new[] { "head" }));
    }

    [TestCase(63, "loaded")]
    [TestCase(64, "0")]
    public async Task Only_the_first_64_requests_are_looked_at(int before, string expected)
    {
        for (var i = 0; i < before; i++)
            await QueueAsync(_video, $"{i}", i * 0.1, _other);
        await QueueAsync(_video, "loaded", 20, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public async Task Loaded_voices_fill_the_limit_first_and_the_rest_follows_the_queue()
    {
        await QueueAsync(_video, "a", 0, _other);
        await QueueAsync(_video, "b", 1, _other);
        await QueueAsync(_video, "c", 2, _loaded);
        await QueueAsync(_video, "d", 3, _loaded);

        Assert.That(await ClaimTextsAsync(3, _loaded), Is.EquivalentTo(new[] { "c", "d", "a" }));
        Assert.That(await ClaimTextsAsync(3, _loaded), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_loaded_voice_at_the_head_counts_once()
    {
        await QueueAsync(_video, "a", 0, _loaded);
        await QueueAsync(_video, "b", 1, _other);

        Assert.That(await ClaimTextsAsync(2, _loaded), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task A_retry_that_still_waits_is_not_taken_early_whether_its_voice_is_loaded_or_not()
    {
        await QueueAsync(_video, "loaded", 0, _loaded);
        await QueueAsync(_video, "other", 1, _other);
        await QueueAsync(_video, "due", 2, _other);
        await SqlAsync("update voices set available_at = now() + interval '1 hour' where text_content <> 'due'");

        Assert.That(await ClaimTextsAsync(5, _loaded), Is.EqualTo(new[] { "due" }));
    }

    [Test]
    public async Task What_no_longer_waits_is_not_among_the_first_64()
    {
        for (var i = 0; i < 70; i++)
            await QueueAsync(_video, $"{i}", i * 0.1, _other);
        await SqlAsync("update voices set status = 'completed'");
        await QueueAsync(_video, "head", 8, _other);
        await QueueAsync(_video, "loaded", 9, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { "loaded" }));
    }

    [Test]
    public async Task The_preference_never_crosses_a_priority()
    {
        await QueueAsync(_video, "urgent", 10, _other, priority: 1);
        await QueueAsync(_video, "loaded", 0, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { "urgent" }));
    }

    [Test]
    public async Task An_expired_lease_of_a_higher_priority_comes_before_a_loaded_voice()
    {
        await QueueAsync(_video, "urgent", 10, _other, priority: 1);
        await ClaimOneAsync("died");
        await ExpireLeasesAsync();
        await QueueAsync(_video, "loaded", 0, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { "urgent" }));
    }

    [Test]
    public async Task An_expired_lease_is_not_overtaken_by_loaded_voices_queued_later_than_the_preference()
    {
        await QueueAsync(_video, "expired", 0, _other);
        await ClaimOneAsync("died");
        await ExpireLeasesAsync();
        await QueueAsync(_video, "loaded", 31, _loaded);

        Assert.That(await ClaimTextsAsync(1, _loaded), Is.EqualTo(new[] { "expired" }));
    }

    [Test]
    public async Task The_head_is_not_starved_by_loaded_voices_that_keep_coming()
    {
        await QueueAsync(_video, "head", 0, _other);

        var claims = 0;
        do
        {
            claims++;
            await QueueAsync(_video, $"loaded {claims}", claims, _loaded);
        }
        while ((await ClaimTextsAsync(1, _loaded)).Single() != "head" && claims < 100);

        // Those of the seconds 1 to 30 come first, and no later one.
        Assert.That(claims, Is.EqualTo(31));
    }

    [Test]
    public async Task Workers_with_different_loaded_voices_drain_a_queue_without_getting_a_request_twice()
    {
        for (var i = 0; i < 120; i++)
            await QueueAsync(_video, $"{i}", i * 0.1, i % 3 == 0 ? _loaded : _other);

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            List<string> texts = [];
            for (var more = true; more;)
            {
                var claim = await ClaimTextsAsync(4, worker % 2 == 0 ? _loaded : _other);
                texts.AddRange(claim);
                more = claim.Length > 0;
            }

            return texts;
        })));

        Assert.That(claims.SelectMany(c => c).ToArray(), Has.Length.EqualTo(120).And.Unique);
    }
}
