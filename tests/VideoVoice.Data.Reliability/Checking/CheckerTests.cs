using NUnit.Framework;
using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Checking;

/// <summary>A history that keeps every promise passes, and one that breaks a promise is found by the name of that promise.</summary>
public sealed class CheckerTests
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(6);
    private static readonly Guid s_video = Guid.NewGuid();
    private static readonly Guid s_first = Guid.NewGuid();
    private static readonly Guid s_second = Guid.NewGuid();

    // Each name is the promise; each case breaks it in its own way and is otherwise sound.
    private static IEnumerable<TestCaseData> Broken =>
    [
        Case("Each acknowledged request exists", "no video", h => h with { Status = null, Rows = [], Transitions = [], Calls = [], Waits = [] }),
        Case("Each acknowledged request exists", "a request lost", h => h with { Rows = [h.Rows[0]], Status = h.Status! with { TotalVoices = 1, FailedVoices = 0 }, Waits = [] }),
        Case("Each acknowledged request exists", "half of a creation without an answer", h => h with { Created = h.Created with { Acknowledged = false }, Rows = [h.Rows[0]], Status = h.Status! with { TotalVoices = 1, FailedVoices = 0 }, Waits = [] }),
        Case("Each acknowledged request exists", "a delete", h => h with { Transitions = [.. h.Transitions, new Transition { VoiceId = s_second, OldStatus = "pending", OldAttempt = 0, CommittedAt = 0 }] }),
        Case("Positions are whole and in order", "a gap", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Position = 2 }] }),
        Case("Positions are whole and in order", "the same twice", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Position = 0 }] }),
        Case("Positions are whole and in order", "none", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Position = null }] }),
        Case("Positions are whole and in order", "another text", h => h with { Rows = [h.Rows[0], h.Rows[1] with { TextContent = "one" }] }),
        Case("Positions are whole and in order", "one too many", h => h with { Rows = [.. h.Rows, h.Rows[1] with { Id = Guid.NewGuid(), Position = 2 }] }),
        Case(Completed, "twice", h => With(h, Change(s_first, "processing", "completed", 2, 2, 60) with { OutputAudioPath = h.Rows[0].OutputAudioPath })),
        Case(Completed, "without a transition", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Status = "completed" }] }),
        Case(Completed, "from pending", h => Replace(h, 4, t => t with { OldStatus = "pending" })),
        Case(Completed, "by another attempt than the row's", h => h with { Rows = [h.Rows[0] with { Attempt = 3 }, h.Rows[1]] }),
        Case(Completed, "with the audio of an attempt that lost its lease", h =>
            Replace(h with { Rows = [h.Rows[0] with { OutputAudioPath = PathOf(1) }, h.Rows[1]], Waits = [h.Waits[0] with { Audio = [PathOf(1)] }] }, 4, t => t with { OutputAudioPath = PathOf(1) })),
        Case(Completed, "with other audio than it has", h => h with { Rows = [h.Rows[0] with { OutputAudioPath = "/a/b.wav" }, h.Rows[1]], Waits = [h.Waits[0] with { Audio = ["/a/b.wav"] }] }),
        Case(Answered, "a completion that is not there", h => h with { Calls = [.. h.Calls, new Call("w1", Method.Complete, s_second, 1, WriteOutcome.Applied, 0, 100 * Ms)] }),
        Case(Answered, "a completion that came after its answer", h => h with { Calls = [h.Calls[0], h.Calls[1] with { End = 10 * Ms }] }),
        Case(Answered, "a claim of another worker", h => h with { Calls = [h.Calls[0] with { Worker = "w3" }, h.Calls[1]] }),
        Case(Answered, "a failure that is not there", h => h with { Calls = [.. h.Calls, new Call("w1", Method.Fail, s_first, 2, WriteOutcome.RetryScheduled, 0, 100 * Ms)] }),
        Case(Answered, "a release that used an attempt", h => h with { Calls = [.. h.Calls, new Call("w1", Method.Release, s_first, 1, WriteOutcome.Applied, 0, 100 * Ms)] }),
        Case(Answered, "a refused completion that took effect", h => h with { Calls = [.. h.Calls, new Call("w2", Method.Complete, s_first, 2, WriteOutcome.LeaseLost, 0, 100 * Ms)] }),
        Case("Nothing finished changes again", "a completed request", h => With(h, Change(s_first, "completed", "completed", 2, 2, 60))),
        Case("Nothing finished changes again", "a failed request that nobody retried", h => With(h, Change(s_second, "failed", "pending", 3, 3, 60))),
        Case("A request comes to its end, and fails only for a reason", "still pending", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Status = "pending" }], Status = h.Status! with { FailedVoices = 0, PendingVoices = 1 }, Waits = [] }),
        Case("A request comes to its end, and fails only for a reason", "failed with attempts left", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Attempt = 2 }] }),
        Case("A request comes to its end, and fails only for a reason", "an acknowledged video", h => h with { Status = h.Status! with { VideoStatus = "failed" } }),
        Case("Attempts do not exceed the maximum", "in the row", h => h with { Rows = [h.Rows[0], h.Rows[1] with { Attempt = 4 }] }),
        Case("Attempts do not exceed the maximum", "of claims", h => h with { Created = h.Created with { MaxAttempts = 1 } }),
        Case("video_processing_status agrees with the rows", "of completed", h => h with { Status = h.Status! with { CompletedVoices = 2 } }),
        Case("video_processing_status agrees with the rows", "of pending", h => h with { Status = h.Status! with { PendingVoices = 1 } }),
        Case(InOrder, "times of a row", h => h with { Rows = [h.Rows[0] with { TimesAreInOrder = false }, h.Rows[1]] }),
        Case(InOrder, "commits", h => Replace(h, 3, t => t with { CommittedAt = 1 })),
        Case(InOrder, "a change that nobody recorded", h => Replace(h, 3, t => t with { OldAttempt = 0 })),
        Case(InOrder, "no creation", h => h with { Transitions = [.. h.Transitions.Skip(1)] }),
        Case("A wait that returned was right", "too early", h => h with { Waits = [h.Waits[0] with { Completed = 0, Audio = [] }] }),
        Case("A wait that returned was right", "before the completion", h => h with { Waits = [h.Waits[0] with { Returned = 1 }] }),
        Case("A wait that returned was right", "another number of requests", h => h with { Waits = [h.Waits[0] with { Total = 1 }] }),
        Case("A wait that returned was right", "more failed than there are", h => h with { Waits = [h.Waits[0] with { Failed = 2, Completed = 0, Audio = [] }] }),
        Case("A wait that returned was right", "other audio", h => h with { Waits = [h.Waits[0] with { Audio = ["/other.wav"] }] }),
        Case("A wait that returned was right", "no audio", h => h with { Waits = [h.Waits[0] with { Audio = [] }] }),
        Case("No wait goes on for a finished video", "for long", h => h with { Waits = [h.Waits[0] with { SinceFinished = s_longestWait + TimeSpan.FromMilliseconds(1) }] }),
    ];

    private const string Completed = "Each request is completed once, by the attempt that held the lease";
    private const string Answered = "An acknowledged call took effect before its answer, and a refused one did not";
    private const string InOrder = "A request is created, claimed and completed in this order";
    private const long Ms = 1_000_000;

    [Test]
    public void A_sound_history_breaks_nothing() => Assert.That(Checker.Check(Sound(), s_longestWait), Is.Empty);

    [TestCaseSource(nameof(Broken))]
    public void A_broken_promise_is_found(string promise, Func<object, object> breaking)
    {
        var broken = (VideoHistory)breaking(Sound());

        Assert.That(Checker.Check(broken, s_longestWait).Select(v => v.Promise), Does.Contain(promise));
    }

    [Test]
    public void Each_promise_has_a_history_that_breaks_it() =>
        Assert.That(Broken.Select(c => (string)c.Arguments[0]!).Distinct(), Is.EquivalentTo(Checker.Promises));

    [Test]
    public void A_retry_may_change_what_has_failed()
    {
        var sound = Sound();
        var retried = sound with
        {
            Created = sound.Created with { Retried = true },
            Rows = [sound.Rows[0], sound.Rows[1] with { Attempt = 4, MaxAttempts = 6 }],
            Transitions =
            [
                .. sound.Transitions,
                Change(s_second, "failed", "pending", 3, 3, 70) with { OldMaxAttempts = 3, NewMaxAttempts = 6 },
                Change(s_second, "pending", "processing", 3, 4, 71),
                Change(s_second, "processing", "failed", 4, 4, 72),
            ],
            Calls = [.. sound.Calls, new Call("w1", Method.FailForGood, s_second, 4, WriteOutcome.Applied, 71 * Ms, 73 * Ms)],
        };

        Assert.That(Checker.Check(retried, s_longestWait), Is.Empty);
    }

    [Test]
    public void A_wait_is_not_late_for_the_time_of_a_fault()
    {
        const long second = 1_000_000_000;
        var sound = Sound();
        var calm = new Calm([new("cut", true, second, 2 * second), new("kill-worker", false, 20 * second, 30 * second)]);
        var wait = sound.Waits[0] with { Started = 0, Returned = 31 * second };

        // Finished at 50 ms; the cut and its recovery take from 1 to 20 s.
        Assert.That(calm.SinceFinished(wait, sound.Transitions).TotalSeconds, Is.EqualTo(31 - 0.05 - 19).Within(0.001));
    }

    /// <summary>Of two requests one is completed by its second attempt, after a lapsed lease; the other fails with its third.</summary>
    private static VideoHistory Sound() => new(
        new CreatedVideo(s_video, ["one", "two"], 3) { Acknowledged = true, Completed = true },
        new StatusRow { VideoId = s_video, VideoStatus = "completed", TotalVoices = 2, CompletedVoices = 1, FailedVoices = 1 },
        [
            new VoiceRow { Id = s_first, VideoId = s_video, Position = 0, TextContent = "one", Status = "completed", Attempt = 2, MaxAttempts = 3, OutputAudioPath = PathOf(2), TimesAreInOrder = true },
            new VoiceRow { Id = s_second, VideoId = s_video, Position = 1, TextContent = "two", Status = "failed", Attempt = 3, MaxAttempts = 3, ErrorMessage = "No.", TimesAreInOrder = true },
        ],
        [
            new Transition { VoiceId = s_first, NewStatus = "pending", NewMaxAttempts = 3, CommittedAt = 5 * Ms },
            Change(s_first, "pending", "processing", 0, 1, 10) with { NewWorkerId = "w1" },
            Change(s_first, "processing", "pending", 1, 1, 20),
            Change(s_first, "pending", "processing", 1, 2, 30) with { NewWorkerId = "w2" },
            Change(s_first, "processing", "completed", 2, 2, 40) with { OutputAudioPath = PathOf(2) },
            new Transition { VoiceId = s_second, NewStatus = "pending", NewMaxAttempts = 3, CommittedAt = 5 * Ms },
            .. Enumerable.Range(0, 3).SelectMany(i => new[]
            {
                Change(s_second, "pending", "processing", i, i + 1, 30 + (2 * i)),
                Change(s_second, "processing", i == 2 ? "failed" : "pending", i + 1, i + 1, i == 2 ? 50 : 31 + (2 * i)),
            }),
        ],
        [
            new Call("w1", Method.Claim, s_first, 1, WriteOutcome.Applied, 9 * Ms, 11 * Ms),
            new Call("w2", Method.Complete, s_first, 2, WriteOutcome.Applied, 39 * Ms, 41 * Ms),
        ],
        [new Wait(s_video, 1, 1, 2, false, [PathOf(2)], 5 * Ms, 55 * Ms, TimeSpan.Zero)]);

    private static string PathOf(int attempt) => Audio.PathOf("w", new VoiceFence(s_first, attempt));

    private static Transition Change(Guid voice, string from, string to, int oldAttempt, int newAttempt, long milliseconds) => new()
    {
        VoiceId = voice,
        OldStatus = from,
        NewStatus = to,
        OldAttempt = oldAttempt,
        NewAttempt = newAttempt,
        OldMaxAttempts = 3,
        NewMaxAttempts = 3,
        CommittedAt = milliseconds * Ms,
    };

    private static VideoHistory With(VideoHistory history, Transition transition) => history with { Transitions = [.. history.Transitions, transition] };

    private static VideoHistory Replace(VideoHistory history, int index, Func<Transition, Transition> with) =>
        history with { Transitions = [.. history.Transitions.Select((t, i) => i == index ? with(t) : t)] };

    private static TestCaseData Case(string promise, string how, Func<VideoHistory, VideoHistory> breaking) =>
        new TestCaseData(promise, (Func<object, object>)(h => breaking((VideoHistory)h))).SetName($"{promise}: {how}");
}
