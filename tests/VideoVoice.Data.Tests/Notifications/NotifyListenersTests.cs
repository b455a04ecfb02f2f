using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Notifications;

/// <summary>Whom a notification reaches, and with what: neither a dead process nor one that waits for something else, and nobody twice.</summary>
public sealed class NotifyListenersTests : DatabaseTest
{
    private readonly List<(string Channel, string Payload)> _received = [];
    private NpgsqlConnection _listening = null!;

    private Database Database => new(DataSource);

    [SetUp]
    public async Task ListenAsync()
    {
        _listening = await DataSource.OpenConnectionAsync(Token);
        _listening.Notification += (_, e) => _received.Add((e.Channel, e.Payload));
        foreach (var channel in new[] { "a", "b", "c", "dead", "v", "vdead", "twofold" })
        {
            await using var listen = new NpgsqlCommand($"listen {channel}", _listening);
            await listen.ExecuteNonQueryAsync(Token);
        }
    }

    [TearDown]
    public async Task CloseAsync()
    {
        // Its session goes back to the pool as it is.
        await using (var unlisten = new NpgsqlCommand("unlisten *", _listening))
            await unlisten.ExecuteNonQueryAsync();
        await _listening.DisposeAsync();
    }

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(3, 3)]
    [TestCase(10, 4)]
    public async Task As_many_sleepers_are_woken_as_there_are_requests_each_once_and_none_that_is_dead(int requests, int woken)
    {
        await RegisterAsync(("work", "a", 60), ("work", "b", 60), ("work", "c", 60), ("work", "dead", -1), ("work", "twofold", 60), ("voices", "twofold", 60), ("voices", "v", 60));

        await NotifyAsync(requests);

        var received = await ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(received, Has.Count.EqualTo(woken));
            Assert.That(received.Select(r => r.Channel), Is.Unique.And.SubsetOf(new[] { "a", "b", "c", "twofold" }));
            Assert.That(received.Select(r => r.Payload), Is.All.EqualTo("work"));
            // Who was woken registers again when it sleeps again; what it waits for besides stays.
            Assert.That(await ScalarAsync<long>("select count(*) from videovoice_listeners where waits_for = 'work' and channel <> 'dead'"), Is.EqualTo(4 - woken));
            Assert.That(await ScalarAsync<long>("select count(*) from videovoice_listeners where waits_for = 'voices'"), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Somebody_who_is_being_woken_is_left_to_who_does_it()
    {
        await RegisterAsync(("work", "a", 60), ("work", "b", 60));
        await using var held = await HeldLock.TakeAsync(DataSource, "select from videovoice_listeners where channel = 'a' for update");

        await NotifyAsync(2).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That(await ReceivedAsync(), Is.EqualTo(new[] { ("b", "work") }));
    }

    [Test]
    public async Task Who_waits_for_videos_is_told_each_that_moved_once()
    {
        await RegisterAsync(("voices", "v", 60), ("voices", "vdead", -1), ("work", "a", 60));
        var (video, voices) = await InsertAsync();
        var (other, _) = await InsertAsync();
        var finished = Guid.NewGuid();

        await NotifyAsync(0, voices, [finished, video]);

        var (channel, payload) = (await ReceivedAsync()).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(channel, Is.EqualTo("v"));
            Assert.That(payload.Split(',').Select(Guid.Parse), Is.EquivalentTo(new[] { video, finished }).And.Not.Contain(other));
        }
    }

    [TestCase("notifications/notify_listeners")]
    [TestCase("notifications/notify_on_commit")]
    public async Task Many_videos_are_told_in_parts_that_fit_into_a_payload(string statement)
    {
        await RegisterAsync(("voices", "v", 60));
        await using (var listen = new NpgsqlCommand($"listen {await Database.ScalarAsync<string>("notifications/get_shared_channel", null, null, Token)}", _listening))
            await listen.ExecuteNonQueryAsync(Token);
        var videos = Enumerable.Range(0, 450).Select(_ => Guid.NewGuid()).ToArray();

        await Database.ExecuteAsync(statement, new { newRequests = 0, voiceIds = Array.Empty<Guid>(), videoIds = videos }, null, Token);

        var received = await ReceivedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(received, Has.Count.EqualTo(3));
            Assert.That(received.SelectMany(r => r.Payload.Split(',')).Select(Guid.Parse), Is.EquivalentTo(videos));
        }
    }

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(5, 1)]
    public async Task Inside_a_transaction_work_is_told_to_all_at_once_if_there_is_any(int requests, int told)
    {
        await using (var listen = new NpgsqlCommand($"listen {await Database.ScalarAsync<string>("notifications/get_shared_channel", null, null, Token)}", _listening))
            await listen.ExecuteNonQueryAsync(Token);
        var (video, voices) = await InsertAsync();
        await InsertAsync();

        await Database.ExecuteAsync("notifications/notify_on_commit", new { newRequests = requests, voiceIds = voices, videoIds = Array.Empty<Guid>() }, null, Token);

        var received = (await ReceivedAsync()).Select(r => r.Payload).ToList();
        Assert.That(received.Count(p => p == "work"), Is.EqualTo(told));
        Assert.That(received.Where(p => p != "work"), Is.EqualTo(new[] { $"{video}" }));
    }

    [Test]
    public async Task A_registration_is_renewed_ends_alone_and_takes_the_dead_with_it()
    {
        await RegisterAsync(("work", "dead", -1), ("voices", "vdead", 60), ("work", "a", -1));

        await Database.ExecuteAsync("notifications/register_listener", new { channel = "a", waitsFor = new[] { "work", "voices" }, seconds = 60.0 }, null, Token);
        Assert.That(await RegisteredAsync(), Is.EqualTo(new[] { "voices a", "voices vdead", "work a" }));
        Assert.That(await ScalarAsync<bool>("select min(expires_at) > now() + interval '50 seconds' from videovoice_listeners where channel = 'a'"), Is.True);

        await Database.ExecuteAsync("notifications/unregister_listener", new { channel = "a", waitsFor = new[] { "work" } }, null, Token);
        Assert.That(await RegisteredAsync(), Is.EqualTo(new[] { "voices a", "voices vdead" }));
    }

    /// <summary>A video with two requests, of which no manager tells anybody.</summary>
    private async Task<(Guid Video, Guid[] Voices)> InsertAsync()
    {
        var (video, first, second) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await SqlAsync("insert into videos (id) values (@video); insert into voices (id, video_id, text_content) values (@first, @video, 'one'), (@second, @video, 'two')", new { video, first, second });
        return (video, [first, second]);
    }

    private async Task<string[]> RegisteredAsync() => (await ScalarAsync<string>("select string_agg(waits_for || ' ' || channel, ',' order by waits_for, channel) from videovoice_listeners")).Split(',');

    private async Task RegisterAsync(params (string WaitsFor, string Channel, int Seconds)[] listeners)
    {
        foreach (var (waitsFor, channel, seconds) in listeners)
            await SqlAsync("insert into videovoice_listeners (waits_for, channel, expires_at) values (@waitsFor, @channel, now() + make_interval(secs => @seconds))", new { waitsFor, channel, seconds });
    }

    private Task<int> NotifyAsync(int newRequests, Guid[]? voiceIds = null, Guid[]? videoIds = null) =>
        Database.ExecuteAsync("notifications/notify_listeners", new { newRequests, voiceIds = voiceIds ?? [], videoIds = videoIds ?? [] }, null, Token);

    /// <summary>A notification is there with the answer of a statement that is sent after its commit.</summary>
    private async Task<List<(string Channel, string Payload)>> ReceivedAsync()
    {
        await using var after = new NpgsqlCommand("select 1", _listening);
        await after.ExecuteNonQueryAsync(Token);
        return _received;
    }
}
