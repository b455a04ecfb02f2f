using System.Globalization;
using VideoVoice.Data.Reliability.History;
using VideoVoice.Data.Reliability.Nemesis;

namespace VideoVoice.Data.Reliability.Checking;

/// <summary>The times of a run in which no fault kept a wait from learning that its video is finished.</summary>
internal sealed class Calm
{
    /// <summary>After a storm a wait may still pause for 7.5 s, and then look for 10 s at a connection whose peer is gone.</summary>
    private const long Recovery = 18_000_000_000;

    private readonly List<Disturbance> _all;
    private readonly List<(long Start, long End)> _disturbed = [];

    internal Calm(IEnumerable<Disturbance> disturbances)
    {
        _all = [.. disturbances.Where(d => d.DisturbsWaits).OrderBy(d => d.Start)];
        foreach (var disturbance in _all)
        {
            if (_disturbed.Count > 0 && _disturbed[^1].End >= disturbance.Start)
                _disturbed[^1] = (_disturbed[^1].Start, Math.Max(_disturbed[^1].End, disturbance.End + Recovery));
            else
                _disturbed.Add((disturbance.Start, disturbance.End + Recovery));
        }
    }

    /// <summary>The faults that ended last before the wait returned, each with the seconds since.</summary>
    internal string LastFaults(Wait wait) => string.Join(
        ", ",
        _all.Where(d => d.End < wait.Returned).OrderBy(d => d.End).TakeLast(4).Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Fault} {(wait.Returned - d.End) / 1e9:0.0} s")));

    /// <summary>How much calm passed between the last change that the wait waited for and its return.</summary>
    internal TimeSpan SinceFinished(Wait wait, IEnumerable<Transition> transitions)
    {
        var finished = transitions.Where(t => t.NewStatus is "completed" or "failed" && t.CommittedAt <= wait.Returned).Select(t => t.CommittedAt).DefaultIfEmpty(wait.Returned).Max();
        var start = Math.Max(wait.Started, finished);
        var disturbed = _disturbed.Sum(d => Math.Max(0, Math.Min(d.End, wait.Returned) - Math.Max(d.Start, start)));
        return TimeSpan.FromMicroseconds((wait.Returned - start - disturbed) / 1000.0);
    }
}
