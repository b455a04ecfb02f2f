using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;

namespace VideoVoice.Data.Tests.Internal;

/// <summary>After a failed or cancelled statement Npgsql may throw a plain exception, because an answer is not the one that it expects, and keep the connection.</summary>
public sealed class OutOfStepTests : DatabaseTest
{
    [Test]
    [CancelAfter(120_000)]
    public async Task Failed_and_cancelled_statements_leave_connections_on_which_the_next_call_works()
    {
        await using var dataSource = DataSources.Create(new VideoVoiceOptions { ConnectionString = new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 2 }.ConnectionString }, null);
        var (settings, videos) = (new SettingManager(dataSource), new VideoManager(dataSource));
        await using var voices = new VoiceManager(dataSource);
        for (var i = 0; i < 400; i++)
        {
            try
            {
                switch (i % 3)
                {
                    case 0:
                        await voices.CreateVoiceRequestAsync(Guid.NewGuid(), "Aluno", "no such video", cancellationToken: Token);
                        break;
                    case 1:
                        using (var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(Random.Shared.NextDouble())))
                            await videos.ListVideosAsync(cancellationToken: cancellation.Token);
                        break;
                    default:
                        await voices.RetryFailedVoicesAsync(Guid.NewGuid(), cancellationToken: new CancellationToken(canceled: i % 2 == 0));
                        break;
                }
            }
            catch (Exception e) when (e is ParentNotFoundException or OperationCanceledException || ConnectionLoss.IsCauseOf(e))
            {
                // What was asked for, or a connection that is thrown away.
            }

            try
            {
                await settings.ListSettingsAsync(cancellationToken: Token);
            }
            catch (Exception e) when (ConnectionLoss.IsOutOfStep(e))
            {
                // It names itself a lost connection, and the call after it has another.
                Assert.That(ConnectionLoss.IsCauseOf(e), Is.True);
                await settings.ListSettingsAsync(cancellationToken: Token);
            }
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_connection_that_is_out_of_step_does_not_go_back_to_the_pool(bool inTransaction)
    {
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 1 });
        var database = new Database(dataSource);
        var before = await ProcessIdAsync();
        Assert.That(await ProcessIdAsync(), Is.EqualTo(before), "The test needs a pool that gives the same connection again.");

        // As Npgsql throws it.
        var error = (Exception)Activator.CreateInstance(typeof(Exception), "Received unexpected backend message ReadyForQuery. Please file a bug.")!;
        Task RunAsync(NpgsqlTransaction? transaction) => database.RunAsync<int>("settings/list_settings", "select 1", null, transaction, (_, _) => throw error, Token);
        await Assert.ThatAsync(
            () => inTransaction
                ? database.InTransactionAsync(
                    null,
                    async transaction =>
                    {
                        await RunAsync(transaction);
                        return 0;
                    },
                    Token)
                : RunAsync(null),
            Throws.Exception.SameAs(error));

        Assert.That(await ProcessIdAsync(), Is.Not.EqualTo(before));

        async Task<int> ProcessIdAsync()
        {
            await using var connection = await dataSource.OpenConnectionAsync(Token);
            return connection.ProcessID;
        }
    }
}
