using CsCheck;
using Dapper;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Input.Generated;

namespace VideoVoice.Data.Tests.Input;

/// <summary>
/// Every method of every manager with generated arguments. Each call ends in success, and then what it was given stands in the tables, or in an exception of this
/// library that names the argument, and then nothing was written. VIDEOVOICE_GENERATED_CASES says how many there are, 20,000 unless set; a failure prints the seed
/// that repeats it, for the environment variable CsCheck_Seed.
/// </summary>
public sealed class GeneratedCallTests : DatabaseTest
{
    private const string StoredTexts =
        """
        select distinct t.value #>> '{}'
        from (
            select to_jsonb(v) from videos v
            union all select to_jsonb(v) from voices v
            union all select to_jsonb(m) from voice_mappings m
            union all select to_jsonb(s) from settings s) r (row)
        cross join jsonb_path_query(r.row, 'strict $.**') as t (value)
        where jsonb_typeof(t.value) = 'string'
        """;

    internal static int Cases { get; } = int.Parse(Environment.GetEnvironmentVariable("VIDEOVOICE_GENERATED_CASES") ?? "20000");

    private static int CasesOfEach => (Cases / Methods.Count()) + 1;

    private static IEnumerable<string> Methods => ManagerMethods.All;

    [TestCaseSource(nameof(Methods)), CancelAfter(14_400_000)]
    public async Task A_call_succeeds_or_is_refused_and_nothing_is_half_written(string method)
    {
        var world = await World.CreateAsync(DataSource);
        var (succeeded, refused) = (0, 0);

        await Arguments.Of(method, world).SampleAsync(
            async arguments =>
            {
                if (await CallAsync(method, world, arguments))
                    Interlocked.Increment(ref succeeded);
                else
                    Interlocked.Increment(ref refused);
            },
            iter: CasesOfEach,
            threads: 1,
            print: arguments => $"{method}({string.Join(", ", arguments.Select(a => $"{a.Name}: {Shown(a.Value)}"))})");

        TestContext.Out.WriteLine($"{succeeded} succeeded, {refused} refused");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(succeeded, Is.Positive, "No call succeeded.");
            Assert.That(refused, ManagerMethods.ParametersOf(method).Count == 0 ? Is.Zero : Is.Positive, "No call was refused.");
        }
    }

    /// <summary>What takes no transaction: retention and the waits.</summary>
    [Test, CancelAfter(14_400_000)]
    public async Task A_wait_or_retention_succeeds_or_is_refused()
    {
        var world = await World.CreateAsync(DataSource);
        var refused = 0;

        await Gen.Select(Arguments.Ids(world), Gen.Bool, Arguments.Duration, Arguments.Number).SampleAsync(
            async c =>
            {
                var (id, failFast, olderThan, batchSize) = c;
                try
                {
                    await Videos.DeleteFinishedVideosAsync(olderThan, batchSize, Token);
                }
                catch (ArgumentException e) when (e.ParamName is "olderThan" or "batchSize")
                {
                    Interlocked.Increment(ref refused);
                }

                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
                try
                {
                    var result = await Voices.WaitForVoicesAsync(id, failFast, soon.Token);
                    await foreach (var progress in Voices.WatchAsync(id, soon.Token))
                        Require(progress.VideoId == id, "The progress is that of another video.");
                    Require(result is null == (id != world.Video), "There is such a video, or there is none.");
                }
                catch (ArgumentException e) when (e.ParamName == "videoId" && id == Guid.Empty)
                {
                    Interlocked.Increment(ref refused);
                }
                catch (OperationCanceledException) when (soon.IsCancellationRequested)
                {
                    // It waited for a video that is not finished, or the machine is busy.
                }
            },
            iter: CasesOfEach,
            threads: 4);

        Assert.That(refused, Is.Positive);
    }

    /// <summary>Whether it succeeded.</summary>
    private async Task<bool> CallAsync(string method, World world, (string Name, object? Value)[] arguments)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        object? result;
        try
        {
            result = await ManagerMethods.CallAsync(method, DataSource, world, transaction, Token, arguments);
        }
        catch (ArgumentException e) when (arguments.Any(a => e.ParamName?.Split('.', '[')[0] == a.Name))
        {
            Require(await connection.ExecuteScalarAsync<string>("select pg_current_xact_id_if_assigned()::text") is null, $"It was refused and had written: {e.Message}");
            return false;
        }
        catch (ParentNotFoundException)
        {
            // The transaction has failed: it writes nothing.
            return false;
        }
        catch (FormatException e) when (method.Contains("GetSettingAsync<T>", StringComparison.Ordinal))
        {
            Require(e.Message.Contains("SetSettingAsync", StringComparison.Ordinal), e.Message);
            return false;
        }

        if (TookEffect(method, result))
        {
            var stored = (await connection.QueryAsync<string>(StoredTexts, transaction: transaction)).ToHashSet(StringComparer.Ordinal);
            foreach (var (name, value) in arguments.Where(a => a.Name is not "metadata" and not "voiceId"))
                Require(Arguments.TextsOf(value).All(stored.Contains), $"What it was given as {name} is not stored.");
            await AssertJsonAsync(connection, arguments);
        }

        return true;
    }

    private static async Task AssertJsonAsync(NpgsqlConnection connection, (string Name, object? Value)[] arguments)
    {
        foreach (var json in arguments.Select(a => a.Name == "metadata" ? a.Value as string : (a.Value as NewVideo)?.Metadata).OfType<string>())
            Require(await connection.ExecuteScalarAsync<bool>("select exists (select from videos v where v.metadata = @json::jsonb)", new { json }), "The metadata is not stored.");
    }

    /// <summary>Throws, and asserts nothing: of a case that is shrunk each failed one would be reported.</summary>
    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException(otherwise);
    }

    /// <summary>Whether the result of a write says that it has written all that it was given.</summary>
    private static bool TookEffect(string method, object? result) => ManagerMethods.Writes.Contains(method) && !method.Contains(".Delete", StringComparison.Ordinal) && result switch
    {
        CreateResult created => created.Created,
        WriteOutcome outcome => outcome is WriteOutcome.Applied or WriteOutcome.RetryScheduled,
        IReadOnlyList<VoiceOutcome> outcomes => outcomes.Count > 0 && outcomes.All(o => o.Outcome == WriteOutcome.Applied),
        IReadOnlyList<VoiceRequest> requests => requests.Count > 0,
        CompleteAndClaimResult both => both.Requests.Count > 0 && both.Outcomes.All(o => o.Outcome == WriteOutcome.Applied),
        int count => count > 0,
        bool found => found,
        _ => true,
    };

    private static string Shown(object? value) => value switch
    {
        null => "null",
        string text => System.Text.Json.JsonSerializer.Serialize(text.Length > 300 ? text[..300] + "…" : text),
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Shown))}]",
        _ => value.ToString()!,
    };
}
