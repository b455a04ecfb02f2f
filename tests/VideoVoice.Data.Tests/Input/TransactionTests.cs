using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>Every method can join the caller's transaction.</summary>
public sealed class TransactionTests : DatabaseTest
{
    private static IEnumerable<string> Methods => ManagerMethods.All;

    private static IEnumerable<string> Writes => ManagerMethods.Writes;

    [TestCaseSource(nameof(Writes))]
    public async Task A_write_is_undone_with_the_transaction_that_it_joined_and_kept_with_it(string method)
    {
        var world = await World.CreateAsync(DataSource);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var outside = await DataSource.OpenConnectionAsync(Token);
        var before = await World.FingerprintAsync(outside);

        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await ManagerMethods.CallAsync(method, DataSource, world, transaction, Token);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(await World.FingerprintAsync(connection), Is.Not.EqualTo(before), "Written in the transaction");
                Assert.That(await World.FingerprintAsync(outside), Is.EqualTo(before), "Not seen outside");
            }

            await transaction.RollbackAsync(Token);
            Assert.That(await World.FingerprintAsync(outside), Is.EqualTo(before), "Undone");
        }

        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await ManagerMethods.CallAsync(method, DataSource, world, transaction, Token);
            await transaction.CommitAsync(Token);
        }

        Assert.That(await World.FingerprintAsync(outside), Is.Not.EqualTo(before), "Kept");
    }

    [Test]
    public async Task A_read_sees_what_its_transaction_wrote()
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var video = await Videos.CreateVideoAsync("Video", transaction: transaction, cancellationToken: Token);
        var voice = await Voices.CreateVoiceRequestAsync(video, "Ana", "Oi", transaction: transaction, cancellationToken: Token);
        await Settings.SetSettingAsync("key", "value", transaction: transaction, cancellationToken: Token);
        await VoiceMappings.SetVoiceMappingAsync(
            new NewVoiceMapping { VoiceId = "new", VoiceName = "New", VoiceFile = "new.wav", Language = "pt" }, transaction, Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await Videos.GetVideoAsync(video, transaction, Token), Is.Not.Null);
            Assert.That(await Videos.ListVideosAsync(transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(1));
            Assert.That(await Videos.ListVideosByStatusAsync(VideoStatus.Pending, transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(1));
            Assert.That(await Voices.GetVoiceAsync(voice, transaction, Token), Is.Not.Null);
            Assert.That(await Voices.ListVoicesAsync(video, transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(1));
            Assert.That(await Voices.ListPendingVoicesAsync(transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(1));
            Assert.That(await Status.GetVideoProcessingStatusAsync(video, transaction, Token), Is.Not.Null);
            Assert.That(await Status.ListVideoProcessingStatusAsync(transaction: transaction, cancellationToken: Token), Has.Count.EqualTo(1));
            Assert.That((await Status.GetQueueStatisticsAsync(transaction, Token)).PendingVoices, Is.EqualTo(1));
            Assert.That((await Status.GetTotalsAsync(transaction, Token)).Videos, Is.EqualTo(1));
            Assert.That(await Settings.GetSettingAsync("key", transaction, Token), Is.Not.Null);
            Assert.That(await Settings.GetSettingAsync("key", "", transaction, Token), Is.EqualTo("value"));
            Assert.That((await Settings.ListSettingsAsync(transaction, Token)).Select(s => s.SettingKey), Does.Contain("key"));
            Assert.That(await VoiceMappings.GetVoiceMappingAsync("new", transaction, Token), Is.Not.Null);
            Assert.That((await VoiceMappings.ResolveVoiceMappingAsync("NEW", transaction, Token))!.VoiceId, Is.EqualTo("new"));
            Assert.That((await VoiceMappings.ListVoiceMappingsAsync(transaction, Token)).Select(m => m.VoiceId), Does.Contain("new"));
            Assert.That(await Videos.GetVideoAsync(video, cancellationToken: Token), Is.Null, "Not seen outside");
        }
    }

    [TestCaseSource(nameof(Methods))]
    public async Task A_transaction_that_has_ended_is_refused(string method)
    {
        var world = await World.CreateAsync(DataSource);
        using (Assert.EnterMultipleScope())
        {
            await AssertRefusedAsync(method, world, transaction => transaction.CommitAsync(Token));
            await AssertRefusedAsync(method, world, transaction => transaction.RollbackAsync(Token));
            await AssertRefusedAsync(method, world, transaction => transaction.DisposeAsync().AsTask());
            await AssertRefusedAsync(method, world, transaction => transaction.Connection!.CloseAsync());
        }
    }

    [TestCase("complete")]
    [TestCase("heartbeat")]
    [TestCase("release")]
    [TestCase("create")]
    public async Task An_empty_list_reports_the_misuse_that_a_full_one_would(string method)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var ended = await connection.BeginTransactionAsync(Token);
        await ended.CommitAsync(Token);

        Assert.That(() => CallAsync(ended, Token), Throws.ArgumentException.With.Property("ParamName").EqualTo("transaction"));
        Assert.That(() => CallAsync(null, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => CallAsync(null, Token), Throws.Nothing);

        Task CallAsync(NpgsqlTransaction? transaction, CancellationToken token) => method switch
        {
            "complete" => Voices.CompleteVoicesAsync([], transaction, token),
            "heartbeat" => Voices.HeartbeatVoicesAsync([], TimeSpan.FromMinutes(1), transaction, token),
            "release" => Voices.ReleaseVoicesAsync([], transaction, token),
            _ => Voices.CreateVoiceRequestsAsync(video, [], transaction: transaction, cancellationToken: token),
        };
    }

    private async Task AssertRefusedAsync(string method, World world, Func<NpgsqlTransaction, Task> end)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await end(transaction);
        await Assert.ThatAsync(
            () => ManagerMethods.CallAsync(method, DataSource, world, transaction, Token),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("transaction"));
    }
}
