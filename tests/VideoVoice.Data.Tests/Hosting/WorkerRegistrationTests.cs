using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class WorkerRegistrationTests : WorkerTest
{
    [Test]
    public void A_worker_without_the_library_is_refused_with_words()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddVoiceWorker<First>();
        using var host = builder.Build();

        Assert.That(() => host.StartAsync(Token), Throws.InvalidOperationException.With.Message.Contains("AddVoiceWorker<First>").And.Message.Contains("call AddVideoVoiceData"));
    }

    [Test]
    public void Nothing_to_register_with_is_refused_naming_the_parameter()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => VideoVoiceHostingExtensions.AddVoiceWorker<First>(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("services"));
            Assert.That(() => VideoVoiceHostingExtensions.AddVideoVoiceSchemaInitialization(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("services"));
            Assert.That(() => VideoVoiceHostingExtensions.AddVideoVoice(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("builder"));
        }
    }

    [Test]
    public async Task Two_workers_of_one_host_have_their_own_options()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(Log);
        builder.Services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString);
        builder.Services.AddVoiceWorker<First>(o => (o.WorkerId, o.Concurrency) = ("first", 2));
        builder.Services.AddVoiceWorker<Second>(o => o.WorkerId = "second");
        using var host = builder.Build();
        await host.StartAsync(Token);
        await UntilAsync(() => Log.Entries.Count(e => e.Event.Id == 100) == 2, "They have not started.");
        await host.StopAsync(Token);

        Assert.That(Log.Text, Does.Contain("Worker first started: 2 requests at once").And.Contain("Worker second started: 1 requests at once"));
    }

    [Test]
    public void What_is_configured_without_a_name_is_for_every_worker_and_the_worker_s_own_wins()
    {
        var services = new ServiceCollection();
        services.AddVoiceWorker<First>(o => o.WorkerId = "first");
        services.AddVoiceWorker<Second>();
        services.Configure<VoiceWorkerOptions>(o => (o.WorkerId, o.Concurrency) = ("every", 7));
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<VoiceWorkerOptions>>();

        Assert.That((options.Get(typeof(First).FullName).WorkerId, options.Get(typeof(First).FullName).Concurrency), Is.EqualTo(("first", 7)));
        Assert.That((options.Get(typeof(Second).FullName).WorkerId, options.Get(typeof(Second).FullName).Concurrency), Is.EqualTo(("every", 7)));
    }

    private sealed class First : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token) => Task.FromResult(new SynthesizedVoice("/first.wav"));
    }

    private sealed class Second : IVoiceSynthesizer
    {
        public Task<SynthesizedVoice> SynthesizeAsync(VoiceRequest request, CancellationToken token) => Task.FromResult(new SynthesizedVoice("/second.wav"));
    }
}
