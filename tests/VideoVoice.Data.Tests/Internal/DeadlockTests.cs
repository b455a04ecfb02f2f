using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests.Internal;

/// <summary>Another session locks rows in the other order, and waits longer than the server does before it ends the library's call.</summary>
[CancelAfter(60_000)]
public sealed class DeadlockTests : QueueTest
{
    private const string LockRow = "select from voices where id = @id for update";

    private Guid _video;
    private List<VoiceRequest> _requests = [];

    [SetUp]
    public async Task ClaimAsync()
    {
        _video = await CreateVideoAsync("one", "two");
        _requests = [.. (await Voices.ClaimVoicesAsync("worker", 2, Lease, cancellationToken: Token)).OrderBy(r => r.Id)];
    }

    [Test]
    public async Task A_statement_that_ends_in_a_deadlock_is_run_again()
    {
        Assert.That(await MeetAsync(() => Videos.SetVideoPriorityAsync(_video, 5, cancellationToken: Token)), Is.True);

        Assert.That((await Voices.ListVoicesAsync(_video, cancellationToken: Token)).Select(v => v.Priority), Is.EqualTo(new[] { 5, 5 }));
    }

    [Test]
    public async Task A_transaction_of_the_library_that_ends_in_a_deadlock_is_run_again()
    {
        await CreateVideoAsync("three");
        var completions = _requests.Select(r => new VoiceCompletion(r.Fence, $"/{r.Id}.wav")).ToList();

        var result = await MeetAsync(() => Voices.CompleteAndClaimVoicesAsync(completions, new VoiceClaim("worker", 5, Lease), cancellationToken: Token));

        Assert.That(result.Outcomes.Select(o => o.Outcome), Is.EqualTo(new[] { WriteOutcome.Applied, WriteOutcome.Applied }));
        Assert.That(result.Requests.Select(r => (r.TextContent, r.Attempt)), Is.EqualTo(new[] { ("three", 1) }));
    }

    [Test]
    public async Task A_transaction_of_the_caller_is_not_run_again()
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => MeetAsync(async () =>
        {
            try
            {
                return await Videos.SetVideoPriorityAsync(_video, 5, transaction, Token);
            }
            finally
            {
                await transaction.RollbackAsync(Token);
            }
        }));

        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.DeadlockDetected));
        Assert.That((await Voices.ListVoicesAsync(_video, cancellationToken: Token)).Select(v => v.Priority), Is.EqualTo(new[] { 0, 0 }));
    }

    private async Task<T> MeetAsync<T>(Func<Task<T>> call)
    {
        await using var held = await HeldLock.TakeAsync(DataSource, $"set local deadlock_timeout = '1min'; {LockRow}", new { id = _requests[1].Id });
        var calling = call();
        await held.UntilWaitedForAsync(calling, Token);

        // It waits for the call, and the call for it.
        await held.ExecuteAsync(LockRow, new { id = _requests[0].Id });
        await held.CommitAsync();
        return await calling;
    }
}
