using VideoVoice.Data.Reliability.History;

namespace VideoVoice.Data.Reliability.Checking;

/// <summary>A promise that a history breaks.</summary>
internal sealed record Violation(string Promise, Guid Video, string What)
{
    public override string ToString() => $"{Promise}: video {Video}: {What}";
}

/// <summary>Reads the history of a video that has come to its end, and says which promises it breaks.</summary>
internal static class Checker
{
    /// <summary>Between the clock of the server and the monotonic one of the callers.</summary>
    private const long ClockTolerance = 20_000_000;

    private static readonly (string Promise, Func<VideoHistory, TimeSpan, IEnumerable<string>> Broken)[] s_promises =
    [
        ("Each acknowledged request exists", static (h, _) => Missing(h)),
        ("Positions are whole and in order", static (h, _) => OutOfOrder(h)),
        ("Each request is completed once, by the attempt that held the lease", static (h, _) => CompletedOtherwise(h)),
        ("An acknowledged call took effect before its answer, and a refused one did not", static (h, _) => AnsweredOtherwise(h)),
        ("Nothing finished changes again", static (h, _) => ChangedAfterwards(h)),
        ("A request comes to its end, and fails only for a reason", static (h, _) => Unfinished(h)),
        ("Attempts do not exceed the maximum", static (h, _) => TooManyAttempts(h)),
        ("video_processing_status agrees with the rows", static (h, _) => OtherCounts(h)),
        ("A request is created, claimed and completed in this order", static (h, _) => OutOfTime(h)),
        ("A wait that returned was right", static (h, _) => WrongWaits(h)),
        ("No wait goes on for a finished video", LateWaits),
    ];

    internal static IEnumerable<string> Promises => s_promises.Select(p => p.Promise);

    /// <param name="history">Of one video.</param>
    /// <param name="longestWait">How much later than its finish a wait may return where no fault stood between.</param>
    internal static IEnumerable<Violation> Check(VideoHistory history, TimeSpan longestWait) =>
        from promise in s_promises
        from what in promise.Broken(history, longestWait)
        select new Violation(promise.Promise, history.Created.Id, what);

    private static bool IsFinished(string? status) => status is "completed" or "failed";

    private static IEnumerable<string> Missing(VideoHistory history)
    {
        if (history.Created.Acknowledged && history.Status is null)
            yield return "the video is not there";
        if (history.Created.Acknowledged && history.Rows.Count < history.Created.Texts.Count)
            yield return $"{history.Rows.Count} of {history.Created.Texts.Count} requests are there";
        // Also a creation without an answer is there as a whole or not at all.
        else if (!history.Created.Acknowledged && history.Rows.Count > 0 && history.Rows.Count != history.Created.Texts.Count)
            yield return $"{history.Rows.Count} of {history.Created.Texts.Count} requests are there, and their creation was not acknowledged";
        foreach (var deleted in history.Transitions.Where(t => t.NewStatus is null))
            yield return $"{deleted.VoiceId} was deleted";
    }

    private static IEnumerable<string> OutOfOrder(VideoHistory history)
    {
        if (history.Rows.Count > history.Created.Texts.Count)
            yield return $"{history.Rows.Count} requests are there, {history.Created.Texts.Count} were created";
        var position = 0;
        foreach (var row in history.Rows.OrderBy(r => r.Position))
        {
            if (row.Position != position)
                yield return $"{row.Id} is at position {row.Position}, not at {position}";
            if (position < history.Created.Texts.Count && row.TextContent != history.Created.Texts[position])
                yield return $"{row.Id} at {position} is \"{row.TextContent}\", not \"{history.Created.Texts[position]}\"";
            position++;
        }
    }

    private static IEnumerable<string> CompletedOtherwise(VideoHistory history)
    {
        var completions = history.Transitions.Where(t => t.NewStatus == "completed").ToLookup(t => t.VoiceId);
        foreach (var row in history.Rows)
        {
            var times = completions[row.Id].Count();
            if (times != (row.Status == "completed" ? 1 : 0))
                yield return $"{row.Id} is {row.Status} and was completed {times} times";
            foreach (var completion in completions[row.Id])
            {
                if (completion.OldStatus != "processing" || completion.OldAttempt != completion.NewAttempt || completion.NewAttempt != row.Attempt)
                    yield return $"{row.Id} became completed from {completion.OldStatus}, attempt {completion.OldAttempt} to {completion.NewAttempt}; the row says {row.Attempt}";
                // Audio.PathOf names the worker and the attempt.
                if (row.OutputAudioPath != completion.OutputAudioPath || Audio.FenceOf(row.OutputAudioPath) is { } fence && fence != new VoiceFence(row.Id, completion.NewAttempt))
                    yield return $"{row.Id} has the audio {row.OutputAudioPath} and was completed with {completion.OutputAudioPath} by attempt {completion.NewAttempt}";
            }
        }
    }

    private static IEnumerable<string> AnsweredOtherwise(VideoHistory history)
    {
        var transitions = history.Transitions.ToLookup(t => t.VoiceId);
        foreach (var call in history.Calls)
        {
            // A heartbeat changes no state.
            if (call.Method == Method.Heartbeat || call.Outcome is not { } outcome)
                continue;

            var isDone = transitions[call.Voice].Any(t => IsEffectOf(t, call) && t.CommittedAt <= call.End + ClockTolerance);
            if (outcome is WriteOutcome.Applied or WriteOutcome.RetryScheduled && !isDone)
                yield return $"{call.Worker} was told {outcome} for {call.Method} of {call.Voice}, attempt {call.Attempt}, and it did not take effect before";
            // A repeat is answered as the first call; what is refused by its fence never took effect.
            if (outcome == WriteOutcome.LeaseLost && call.Method == Method.Complete && isDone)
                yield return $"{call.Worker} was told {outcome} for {call.Method} of {call.Voice}, attempt {call.Attempt}, and it took effect";
        }
    }

    private static bool IsEffectOf(Transition transition, Call call) => call.Method switch
    {
        Method.Claim or Method.Synthesize => transition.NewStatus == "processing" && transition.OldStatus == "pending"
            && transition.NewAttempt == call.Attempt && transition.NewWorkerId == call.Worker,
        Method.Start => transition is { OldStatus: "pending", NewStatus: "processing", NewWorkerId: null },
        Method.Complete => transition.NewStatus == "completed" && transition.NewAttempt == call.Attempt,
        Method.CompleteWithoutLease => transition.NewStatus == "completed",
        Method.Release => transition is { OldStatus: "processing", NewStatus: "pending" } && transition.NewAttempt == call.Attempt && transition.NewMaxAttempts == transition.OldMaxAttempts + 1,
        Method.Fail => transition is { OldStatus: "processing", NewStatus: "pending" or "failed" } && transition.NewAttempt == call.Attempt,
        Method.FailForGood => transition is { OldStatus: "processing", NewStatus: "failed" } && transition.NewAttempt == call.Attempt,
        _ => false,
    };

    private static IEnumerable<string> ChangedAfterwards(VideoHistory history) =>
        from t in history.Transitions
        where IsFinished(t.OldStatus)
        where !(t is { OldStatus: "failed", NewStatus: "pending" } && history.Created.Retried)
        select $"{t.VoiceId} was {t.OldStatus} and became {t.NewStatus ?? "nothing"}";

    private static IEnumerable<string> Unfinished(VideoHistory history)
    {
        foreach (var row in history.Rows)
        {
            if (!IsFinished(row.Status))
                yield return $"{row.Id} is still {row.Status}";
            if (row.Status == "failed" && !history.Created.Cancelled && row.Attempt < row.MaxAttempts
                && !history.Calls.Any(c => c.Voice == row.Id && c.Method == Method.FailForGood && c.Outcome is WriteOutcome.Applied or null)
                && row.ErrorMessage != Audio.PermanentError)
                yield return $"{row.Id} failed with \"{row.ErrorMessage}\" at attempt {row.Attempt} of {row.MaxAttempts}";
        }

        if (history.Created.Completed && history.Status?.VideoStatus != "completed")
            yield return $"the video is {history.Status?.VideoStatus} and its completion was acknowledged";
    }

    private static IEnumerable<string> TooManyAttempts(VideoHistory history)
    {
        foreach (var row in history.Rows.Where(r => r.Attempt > r.MaxAttempts))
            yield return $"{row.Id} has attempt {row.Attempt} of {row.MaxAttempts}";
        if (history.Created.Retried)
            yield break;

        foreach (var transitions in history.Transitions.GroupBy(t => t.VoiceId))
        {
            var claims = transitions.Count(t => t is { OldStatus: not null, NewStatus: "processing" } && t.NewAttempt > t.OldAttempt);
            var givenBack = transitions.Count(t => t is { OldStatus: "processing", NewStatus: "pending" } && t.NewMaxAttempts > t.OldMaxAttempts);
            if (claims - givenBack > history.Created.MaxAttempts)
                yield return $"{transitions.Key} was claimed {claims} times and given back {givenBack} times, with {history.Created.MaxAttempts} attempts";
        }
    }

    private static IEnumerable<string> OtherCounts(VideoHistory history)
    {
        if (history.Status is not { } status)
            yield break;

        var rows = (
            (long)history.Rows.Count,
            history.Rows.LongCount(r => r.Status == "completed"),
            history.Rows.LongCount(r => r.Status == "failed"),
            history.Rows.LongCount(r => !IsFinished(r.Status)));
        var counts = (status.TotalVoices, status.CompletedVoices, status.FailedVoices, status.PendingVoices);
        if (rows != counts)
            yield return $"the view counts {counts}, the rows are {rows} (total, completed, failed, pending)";
    }

    private static IEnumerable<string> OutOfTime(VideoHistory history)
    {
        foreach (var row in history.Rows.Where(r => !r.TimesAreInOrder))
            yield return $"{row.Id} has times out of order";
        foreach (var transitions in history.Transitions.GroupBy(t => t.VoiceId))
        {
            Transition? last = null;
            foreach (var transition in transitions)
            {
                if (transition.CommittedAt < last?.CommittedAt)
                    yield return $"{transition.VoiceId} became {transition.NewStatus} before it became {last.NewStatus}";
                if (last is not null && (transition.OldStatus, transition.OldAttempt) != (last.NewStatus, last.NewAttempt))
                    yield return $"{transition.VoiceId} was {last.NewStatus} ({last.NewAttempt}) and then {transition.OldStatus} ({transition.OldAttempt})";
                if (last is null && transition.OldStatus is not null)
                    yield return $"{transition.VoiceId} was {transition.OldStatus} before it was created";
                last = transition;
            }
        }
    }

    private static IEnumerable<string> WrongWaits(VideoHistory history)
    {
        foreach (var wait in history.Waits)
        {
            if (wait.Completed + wait.Failed < wait.Total && !(wait.FailFast && wait.Failed > 0))
                yield return $"a wait returned at {wait.Completed} completed and {wait.Failed} failed of {wait.Total}";
            if (wait.Total != history.Rows.Count)
                yield return $"a wait returned {wait.Total} requests of {history.Rows.Count}";
            var completed = history.Transitions.Count(t => t.NewStatus == "completed" && t.CommittedAt <= wait.Returned + ClockTolerance);
            if (completed < wait.Completed)
                yield return $"a wait returned {wait.Completed} completed when {completed} were";
            if (!history.Created.Retried && wait.Failed > history.Rows.Count(r => r.Status == "failed"))
                yield return $"a wait returned {wait.Failed} failed, and there are fewer";
            var paths = history.Rows.OrderBy(r => r.Position).Where(r => r.Status == "completed").Select(r => r.OutputAudioPath).ToList();
            // Of a wait that ended before the last request did, the audio is part of what there is now; in the same order.
            if (wait.Completed == paths.Count ? !wait.Audio.SequenceEqual(paths!) : !IsPartOf(wait.Audio, paths!))
                yield return $"a wait returned other audio than there is: {string.Join(", ", wait.Audio.Except(paths!))}";
        }
    }

    private static bool IsPartOf(IReadOnlyList<string> part, List<string> whole)
    {
        var next = 0;
        foreach (var path in whole)
        {
            if (next < part.Count && path == part[next])
                next++;
        }

        return next == part.Count;
    }

    private static IEnumerable<string> LateWaits(VideoHistory history, TimeSpan longestWait) =>
        from wait in history.Waits
        where wait.SinceFinished > longestWait
        select $"a wait went on for {wait.SinceFinished.TotalSeconds:0.0} s after the last request had finished; before: {wait.LastFaults}";
}
