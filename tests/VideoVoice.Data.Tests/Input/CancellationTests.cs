using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>A statement that really waits, on a lock of another connection, ends when it is cancelled, and its connection goes on.</summary>
public sealed class CancellationTests : DatabaseTest
{
    private const string AllTables = "lock table videos, voices, voice_mappings, settings in access exclusive mode";
    private const string AllRows =
        """
        select from videos for update;
        select from voices for update;
        select from voice_mappings for update;
        select from settings for update;
        """;

    private static IEnumerable<string> Methods => ManagerMethods.All;

    /// <summary>Those that touch a row that is there; a create, and an import that only adds, wait for none; a claim and a requeue skip locked rows.</summary>
    private static IEnumerable<string> RowWrites => ManagerMethods.Writes.Where(m => m is not "VideoManager.CreateVideoAsync" and not "VideoManager.CreateVideoAsync(video)"
        and not "VoiceMappingManager.SetVoiceMappingAsync" and not "VoiceMappingManager.ImportVoiceConfigurationAsync"
        and not "VoiceManager.ClaimVoicesAsync" and not "VoiceManager.ClaimVoicesAsync(claim)" and not "VoiceManager.RequeueStuckVoicesAsync");

    [TestCaseSource(nameof(Methods))]
    [CancelAfter(30_000)]
    public Task Any_statement_that_waits_for_a_table_is_cancelled(string method) => AssertCancelledAsync(method, AllTables, joins: false);

    [TestCaseSource(nameof(RowWrites))]
    [CancelAfter(30_000)]
    public Task A_write_that_waits_for_a_row_is_cancelled(string method) => AssertCancelledAsync(method, AllRows, joins: false);

    [TestCaseSource(nameof(Methods))]
    [CancelAfter(30_000)]
    public Task A_statement_in_a_transaction_is_cancelled(string method) => AssertCancelledAsync(method, AllTables, joins: true);

    [TestCaseSource(nameof(Methods))]
    public async Task A_token_that_is_cancelled_already_sends_nothing(string method)
    {
        var world = await World.CreateAsync(DataSource);
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        var before = await World.FingerprintAsync(connection);

        await Assert.ThatAsync(() => ManagerMethods.CallAsync(method, DataSource, world, null, new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(await World.FingerprintAsync(connection), Is.EqualTo(before));
    }

    private async Task AssertCancelledAsync(string method, string locks, bool joins)
    {
        var world = await World.CreateAsync(DataSource);

        // One connection, so that the call after the cancelled one has the same.
        await using var one = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 1 });
        var process = await ProcessIdAsync(one);
        string before;
        await using (var held = await HeldLock.TakeAsync(DataSource, locks))
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
            await using var connection = joins ? await one.OpenConnectionAsync(Token) : null;
            await using var transaction = joins ? await connection!.BeginTransactionAsync(Token) : null;
            before = await held.FingerprintAsync();

            var call = ManagerMethods.CallAsync(method, one, world, transaction, cancellation.Token);
            await held.UntilWaitedForAsync(call, Token);
            await cancellation.CancelAsync();

            // A token that is not passed on fails here instead of waiting for the lock for ever.
            await Assert.ThatAsync(() => call.WaitAsync(TimeSpan.FromSeconds(20)), Throws.InstanceOf<OperationCanceledException>());
            if (transaction is not null)
                await transaction.RollbackAsync(Token);
        }

        await using (var connection = await DataSource.OpenConnectionAsync(Token))
            Assert.That(await World.FingerprintAsync(connection), Is.EqualTo(before), "Nothing was written");

        await ManagerMethods.CallAsync(method, one, world, null, Token);
        Assert.That(await ProcessIdAsync(one), Is.EqualTo(process), "The connection was not thrown away");
    }

    private static async Task<int> ProcessIdAsync(NpgsqlDataSource dataSource)
    {
        await using var connection = await dataSource.OpenConnectionAsync(Token);
        return connection.ProcessID;
    }
}
