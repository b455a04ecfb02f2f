using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class CompleteVoicesTests : DatabaseTest
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(1);

    [Test]
    public async Task Each_completion_gets_its_outcome_in_its_place()
    {
        var video = await CreateVideoAsync("applied", "lost", "finished", "pending", "python", "remote");
        var claimed = await Voices.ClaimVoicesAsync("w", 10, s_lease, cancellationToken: Token);
        await SqlAsync("update voices set attempt = 2 where text_content = 'lost'");
        await Voices.CompleteVoiceProcessingAsync(claimed[2].Fence, "/first.wav", cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([claimed[3].Fence], cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = null where text_content = 'python'");
        VoiceCompletion[] completions =
        [
            new(claimed[4].Fence, "/python.wav"),
            new(claimed[0].Fence, "/applied.wav"),
            new(new VoiceFence(Guid.NewGuid(), 1), "/unknown.wav"),
            new(claimed[1].Fence, "/lost.wav"),
            new(claimed[2].Fence, "/second.wav"),
            new(claimed[3].Fence, "/pending.wav"),
            new(claimed[5].Fence, "/cache.wav", "s3://bucket/remote.wav"),
        ];

        var outcomes = await Voices.CompleteVoicesAsync(completions, cancellationToken: Token);

        Assert.That(outcomes.Select(o => o.VoiceId), Is.EqualTo(completions.Select(c => c.Fence.VoiceId)));
        Assert.That(outcomes.Select(o => o.Outcome), Is.EqualTo(new[]
        {
            WriteOutcome.LeaseLost, WriteOutcome.Applied, WriteOutcome.NotFound, WriteOutcome.LeaseLost, WriteOutcome.AlreadyFinished, WriteOutcome.LeaseLost, WriteOutcome.Applied,
        }));
        var voices = await Voices.ListVoicesAsync(video, cancellationToken: Token);
        Assert.That(voices.Select(v => v.OutputAudioPath), Is.EqualTo(new[] { "/applied.wav", null, "/first.wav", null, null, "/cache.wav" }));
        Assert.That((voices[5].IsLocalStorage, voices[5].RemoteStoragePath), Is.EqualTo((false, "s3://bucket/remote.wav")));
        Assert.That((voices[0].LeaseExpiresAt, voices[0].ProcessingCompletedAt is null), Is.EqualTo(((DateTimeOffset?)null, false)));
    }

    [Test]
    public async Task A_repeat_changes_nothing_and_is_answered_as_the_first_call()
    {
        var video = await CreateVideoAsync("one", "two");
        VoiceCompletion[] completions = [.. (await Voices.ClaimVoicesAsync("w", 10, s_lease, cancellationToken: Token)).Select(r => new VoiceCompletion(r.Fence, "/a.wav"))];
        await Voices.CompleteVoicesAsync(completions, cancellationToken: Token);
        var before = await Voices.ListVoicesAsync(video, cancellationToken: Token);

        var outcomes = await Voices.CompleteVoicesAsync(completions, cancellationToken: Token);

        Assert.That(outcomes.Select(o => o.Outcome), Is.All.EqualTo(WriteOutcome.Applied), "as the first call was answered");
        Assert.That(await Voices.ListVoicesAsync(video, cancellationToken: Token), Is.EqualTo(before));
    }

    [Test]
    public async Task A_bad_path_among_many_writes_nothing()
    {
        var video = await CreateVideoAsync("one", "two");
        var claimed = await Voices.ClaimVoicesAsync("w", 10, s_lease, cancellationToken: Token);

        Assert.That(
            () => Voices.CompleteVoicesAsync([new(claimed[0].Fence, "/a.wav"), new(claimed[1].Fence, new string('x', 501))], cancellationToken: Token),
            Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("completions[1].OutputAudioPath"));
        Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Status), Is.All.EqualTo(VoiceStatus.Processing));
    }

    [Test]
    public async Task Two_overlapping_batches_in_opposite_order_do_not_deadlock_and_complete_each_request_once()
    {
        await CreateVideoAsync([.. Enumerable.Range(0, 200).Select(i => $"{i}")]);
        VoiceCompletion[] completions = [.. (await Voices.ClaimVoicesAsync("w", 200, s_lease, cancellationToken: Token)).Select(r => new VoiceCompletion(r.Fence, "/0.wav"))];

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            Voices.CompleteVoicesAsync([.. (i % 2 == 0 ? completions : completions.Reverse()).Select(c => c with { OutputAudioPath = $"/{i}.wav" })], cancellationToken: Token)));

        Assert.That(results.SelectMany(r => r).Count(o => o.Outcome == WriteOutcome.Applied), Is.EqualTo(200));
    }

    [Test]
    public async Task A_completion_is_refused_and_explained_in_one_transaction()
    {
        await CreateVideoAsync("one");
        var request = (await Voices.ClaimVoicesAsync("worker", 1, s_lease, cancellationToken: Token)).Single();
        VoiceCompletion lost = new(request.Fence with { Attempt = 7 }, "/a.wav");
        // Each statement leaves a row, also one that writes nothing, unless its transaction is rolled back.
        await SqlAsync(
            """
            create table tries (at timestamptz default clock_timestamp());
            create function note() returns trigger language plpgsql security definer as $$ begin insert into tries default values; return null; end $$;
            create trigger note after update on voices for each statement execute function note();
            """);

        Assert.That((await Voices.CompleteVoicesAsync([lost], cancellationToken: Token)).Single().Outcome, Is.EqualTo(WriteOutcome.LeaseLost));
        Assert.That(await ScalarAsync<long>("select count(*) from tries"), Is.EqualTo(2), "the refusal that is explained is the second");

        await using (var role = await LimitedRole.CreateAsync(DataSource, ConnectionString, withoutColumn: "output_audio_path"))
        {
            await using var voices = new VoiceManager(role.DataSource, new VideoVoiceOptions { Notifications = false });
            await Assert.ThatAsync(() => voices.CompleteVoicesAsync([lost], cancellationToken: Token), Throws.InstanceOf<PostgresException>());
        }

        Assert.That(await ScalarAsync<long>("select count(*) from tries"), Is.EqualTo(3), "The second refusal went with the failed question.");
    }
}
