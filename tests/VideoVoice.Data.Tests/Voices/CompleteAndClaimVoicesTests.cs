using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class CompleteAndClaimVoicesTests : DatabaseTest
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(1);

    [Test]
    public async Task What_is_synthesized_is_completed_and_what_is_next_is_claimed()
    {
        var video = await CreateVideoAsync("one", "two", "three", "four");
        var first = await Voices.ClaimVoicesAsync("w", 2, s_lease, cancellationToken: Token);
        await SqlAsync("update voices set attempt = 2 where text_content = 'two'");

        var result = await Voices.CompleteAndClaimVoicesAsync([.. first.Select(Synthesized)], new VoiceClaim("w", 1, s_lease), cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Outcomes, Is.EqualTo(new[] { new VoiceOutcome(first[0].Id, WriteOutcome.Applied), new VoiceOutcome(first[1].Id, WriteOutcome.LeaseLost) }));
            Assert.That(result.Requests.Select(r => (r.TextContent, r.Attempt, r.VoiceFile is null)), Is.EqualTo(new[] { ("three", 1, false) }));
            Assert.That(
                (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Status),
                Is.EqualTo(new[] { VoiceStatus.Completed, VoiceStatus.Processing, VoiceStatus.Processing, VoiceStatus.Pending }));
        }
    }

    [Test]
    public async Task When_the_claim_fails_nothing_is_completed()
    {
        var video = await CreateVideoAsync("one", "two");
        var first = await Voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token);
        await SqlAsync("alter table voices rename column trace_parent to elsewhere");

        Assert.That(
            () => Voices.CompleteAndClaimVoicesAsync([Synthesized(first[0])], new VoiceClaim("w", 1, s_lease), cancellationToken: Token),
            Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.UndefinedColumn));

        await SqlAsync("alter table voices rename column elsewhere to trace_parent");
        Assert.That((await Voices.ListVoicesAsync(video, cancellationToken: Token))[0].Status, Is.EqualTo(VoiceStatus.Processing));
    }

    [Test]
    public async Task Bad_input_completes_and_claims_nothing()
    {
        var video = await CreateVideoAsync("one", "two");
        var first = await Voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => ClaimAsync([Synthesized(first[0])], 0), Throws.InstanceOf<ArgumentException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo("claim.Limit"));
            Assert.That(() => ClaimAsync([], 1), Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("completions"));
            Assert.That(
                () => ClaimAsync([Synthesized(first[0]) with { OutputAudioPath = " " }], 1),
                Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("completions[0].OutputAudioPath"));
            Assert.That(
                (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Status),
                Is.EqualTo(new[] { VoiceStatus.Processing, VoiceStatus.Pending }));
        }

        Task ClaimAsync(VoiceCompletion[] completions, int limit) => Voices.CompleteAndClaimVoicesAsync(completions, new VoiceClaim("w", limit, s_lease), cancellationToken: Token);
    }

    [Test]
    public async Task In_a_transaction_that_is_rolled_back_neither_has_happened()
    {
        var video = await CreateVideoAsync("one", "two");
        var first = await Voices.ClaimVoicesAsync("w", 1, s_lease, cancellationToken: Token);
        await using (var connection = await DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
            await Voices.CompleteAndClaimVoicesAsync([Synthesized(first[0])], new VoiceClaim("w", 1, s_lease), transaction, cancellationToken: Token);

        Assert.That(
            (await Voices.ListVoicesAsync(video, cancellationToken: Token)).Select(v => v.Status),
            Is.EqualTo(new[] { VoiceStatus.Processing, VoiceStatus.Pending }));
    }

    private static VoiceCompletion Synthesized(VoiceRequest request) => new(request.Fence, "/a.wav");

    [Test]
    public async Task When_nobody_can_say_why_a_completion_was_refused_nothing_is_claimed()
    {
        await CreateVideoAsync("one", "two");
        var request = (await Voices.ClaimVoicesAsync("worker", 1, s_lease, cancellationToken: Token)).Single();
        // Only the question why reads that column.
        await using (var role = await LimitedRole.CreateAsync(DataSource, ConnectionString, withoutColumn: "output_audio_path"))
        {
            await using var voices = new VoiceManager(role.DataSource, new VideoVoiceOptions { Notifications = false });
            VoiceCompletion lost = new(request.Fence with { Attempt = 7 }, "/a.wav");

            await Assert.ThatAsync(
                () => voices.CompleteAndClaimVoicesAsync([lost], new VoiceClaim("worker", 1, s_lease), cancellationToken: Token),
                Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        }

        Assert.That(await ScalarAsync<long>("select count(*) from voices where status = 'pending'"), Is.EqualTo(1));
    }
}
