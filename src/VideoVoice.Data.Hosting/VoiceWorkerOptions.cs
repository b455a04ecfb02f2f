using Microsoft.Extensions.Options;

namespace VideoVoice.Data.Hosting;

/// <summary>How a voice worker works.</summary>
public sealed class VoiceWorkerOptions
{
    /// <summary>Who claims, for people who read the table; 1 to 200 characters. The machine's name and the process id unless set.</summary>
    public string WorkerId { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>How many requests are synthesized at once, 1 to 1,000.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// How long a request stays with a worker that sends no heartbeat, 1 s to 1 day. The worker renews at each third of it, for as long as a request
    /// takes: it is not a limit on the synthesis. A renewal that takes longer than a sixth of it, or 10 s, is repeated on another connection.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How many different requests may fail in a row before the worker assumes that the cause is its own, 1 to 1,000. It then pauses for <see cref="FailurePause"/>,
    /// tries one request, and doubles the pause while that fails, up to 64 times. A <see cref="PermanentVoiceException"/> does not count.
    /// </summary>
    public int FailuresBeforePause { get; set; } = 5;

    /// <summary>The first pause after <see cref="FailuresBeforePause"/> failures, 100 ms to 1 hour.</summary>
    public TimeSpan FailurePause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether an error that a retry does not cure, such as a missing table, ends the worker, and with it the host unless
    /// <c>HostOptions.BackgroundServiceExceptionBehavior</c> says otherwise. When false, the worker logs it, reports it to the health check and tries again.
    /// </summary>
    public bool StopHostOnError { get; set; }

    internal sealed class Validator : IValidateOptions<VoiceWorkerOptions>
    {
        public ValidateOptionsResult Validate(string? name, VoiceWorkerOptions options)
        {
            var errors = new List<string>();
            if (string.IsNullOrWhiteSpace(options.WorkerId) || options.WorkerId.Length > 200)
                errors.Add("WorkerId is empty or longer than 200 characters. Name the worker, or leave the default.");
            if (options.Concurrency is < 1 or > 1000)
                errors.Add($"Concurrency is {options.Concurrency}. Set it from 1 to 1000.");
            if (options.LeaseDuration < TimeSpan.FromSeconds(1) || options.LeaseDuration > TimeSpan.FromDays(1))
                errors.Add($"LeaseDuration is {options.LeaseDuration}. Set it from 1 second to 1 day.");
            if (options.FailuresBeforePause is < 1 or > 1000)
                errors.Add($"FailuresBeforePause is {options.FailuresBeforePause}. Set it from 1 to 1000.");
            if (options.FailurePause < TimeSpan.FromMilliseconds(100) || options.FailurePause > TimeSpan.FromHours(1))
                errors.Add($"FailurePause is {options.FailurePause}. Set it from 100 milliseconds to 1 hour.");
            return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
        }
    }
}
