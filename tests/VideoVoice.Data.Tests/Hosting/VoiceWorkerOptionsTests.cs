using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class VoiceWorkerOptionsTests
{
    public static IEnumerable<TestCaseData> Wrong =>
    [
        Case("no worker id", o => o.WorkerId = " ", "WorkerId is empty or longer than 200 characters. Name the worker, or leave the default."),
        Case("too long a worker id", o => o.WorkerId = new string('w', 201), "WorkerId is empty or longer than 200 characters."),
        Case("no concurrency", o => o.Concurrency = 0, "Concurrency is 0. Set it from 1 to 1000."),
        Case("too much concurrency", o => o.Concurrency = 1001, "Concurrency is 1001. Set it from 1 to 1000."),
        Case("too short a lease", o => o.LeaseDuration = TimeSpan.FromMilliseconds(999), "LeaseDuration is 00:00:00.9990000. Set it from 1 second to 1 day."),
        Case("too long a lease", o => o.LeaseDuration = TimeSpan.FromDays(2), "LeaseDuration is 2.00:00:00. Set it from 1 second to 1 day."),
        Case("no failures before a pause", o => o.FailuresBeforePause = 0, "FailuresBeforePause is 0. Set it from 1 to 1000."),
        Case("too many failures before a pause", o => o.FailuresBeforePause = 1001, "FailuresBeforePause is 1001. Set it from 1 to 1000."),
        Case("too short a pause", o => o.FailurePause = TimeSpan.FromMilliseconds(99), "FailurePause is 00:00:00.0990000. Set it from 100 milliseconds to 1 hour."),
        Case("too long a pause", o => o.FailurePause = TimeSpan.FromHours(2), "FailurePause is 02:00:00. Set it from 100 milliseconds to 1 hour."),
    ];

    [TestCaseSource(nameof(Wrong))]
    public async Task Start_up_is_refused_with(Action<VoiceWorkerOptions> configure, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = "Host=127.0.0.1;Port=1;Database=d");
        builder.Services.AddVoiceWorker<ControlledSynthesizer>(configure);
        using var host = builder.Build();

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.That(refusal!.Message, Does.Contain(message));
    }

    [Test]
    public void The_ends_of_each_range_are_allowed()
    {
        VoiceWorkerOptions[] ends =
        [
            new() { WorkerId = new string('w', 200), Concurrency = 1000, LeaseDuration = TimeSpan.FromDays(1), FailuresBeforePause = 1000, FailurePause = TimeSpan.FromHours(1) },
            new() { WorkerId = "w", Concurrency = 1, LeaseDuration = TimeSpan.FromSeconds(1), FailuresBeforePause = 1, FailurePause = TimeSpan.FromMilliseconds(100) },
        ];

        foreach (var options in ends)
            Assert.That(new VoiceWorkerOptions.Validator().Validate(null, options), Is.EqualTo(ValidateOptionsResult.Success));
    }

    private static TestCaseData Case(string name, Action<VoiceWorkerOptions> configure, string message) =>
        new TestCaseData(configure, message).SetArgDisplayNames(name);
}
