using Microsoft.Extensions.Options;

namespace VideoVoice.Data.Hosting;

/// <summary>How a voice worker works.</summary>
public sealed class VoiceWorkerOptions
{
    /// <summary>Who claims, for people who read the table; 1 to 200 characters. The machine's name and the process id unless set.</summary>
    public string WorkerId { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>How many lines are spoken at once, 1 to 1,000.</summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// How long a request stays with a worker that gives no sign of life, 1 s to 1 day. The worker renews at each third of it, for as long as a line takes:
    /// it is not a limit on speaking.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(60);

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
            return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
        }
    }
}
