using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace VideoVoice.Data.Hosting;

/// <summary>The worker's share of the ActivitySource and the Meter <c>VideoVoice.Data</c>: listeners subscribe by name and see one of each.</summary>
internal static class WorkerTelemetry
{
    private static readonly Meter s_meter = new("VideoVoice.Data");

    internal static readonly ActivitySource Source = new("VideoVoice.Data");

    internal static readonly Histogram<double> Speaking = s_meter.CreateHistogram<double>("videovoice.voices.speaking", "s", "Time that the synthesizer took for a request.");
}
