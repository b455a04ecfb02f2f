using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VideoVoice.Data;
using VideoVoice.Data.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what a generic host runs on top of <c>AddVideoVoiceData</c>.</summary>
public static class VideoVoiceHostingExtensions
{
    /// <summary>Runs a worker that claims voice requests and has them synthesized by one <typeparamref name="TSynthesizer"/>. Call it once for each synthesizer. It needs <c>AddVideoVoiceData</c>.</summary>
    /// <typeparam name="TSynthesizer">Registered as a singleton unless it is registered already.</typeparam>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options of this worker, after what <c>services.Configure&lt;VoiceWorkerOptions&gt;</c> sets for every worker; null adds nothing.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up, saying what to set.</returns>
    public static IServiceCollection AddVoiceWorker<TSynthesizer>(this IServiceCollection services, Action<VoiceWorkerOptions>? configure = null)
        where TSynthesizer : class, IVoiceSynthesizer
    {
        ArgumentNullException.ThrowIfNull(services);
        // By name, so that two workers of one host have options of their own.
        var name = typeof(TSynthesizer).FullName ?? typeof(TSynthesizer).Name;
        services.AddOptions<VoiceWorkerOptions>(name)
            .Configure<IServiceProvider>(static (options, provider) =>
            {
                // What is configured without a name is meant for every worker. Resolved here, because as a dependency of this configuration it would resolve itself.
                foreach (var common in provider.GetServices<IConfigureOptions<VoiceWorkerOptions>>())
                    common.Configure(options);
            })
            .Configure(configure ?? (_ => { }))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VoiceWorkerOptions>, VoiceWorkerOptions.Validator>());
        services.TryAddSingleton<TSynthesizer>();
        services.TryAddSingleton<WorkerHealth>();
        services.AddHostedService(provider => new QueueGauge(
            provider.GetService<StatusManager>(), provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<QueueGauge>>()));
        return services.AddHostedService(provider => new VoiceWorker<TSynthesizer>(
            provider.GetService<VoiceManager>() ?? throw new InvalidOperationException($"AddVoiceWorker<{typeof(TSynthesizer).Name}> needs the library itself: call AddVideoVoiceData on the same services."),
            provider.GetRequiredService<TSynthesizer>(),
            provider.GetRequiredService<IOptionsMonitor<VoiceWorkerOptions>>().Get(name),
            provider.GetRequiredService<WorkerHealth>(),
            provider.GetService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<VoiceWorker<TSynthesizer>>>()));
    }

    /// <summary>Creates and migrates the schema before any hosted service starts. A failure stops the start of the host.</summary>
    public static IServiceCollection AddVideoVoiceSchemaInitialization(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService<SchemaInitializationService>();
    }

    /// <summary>Adds a health check: unhealthy when the database does not answer or its schema is not current; degraded when a worker of this process cannot claim or has paused, or when a request has waited too long.</summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returns.</param>
    /// <param name="name">Its name.</param>
    /// <param name="maxPendingAge">How long the oldest request that may start is allowed to wait; null for any time.</param>
    /// <param name="failureStatus">What to report instead of unhealthy.</param>
    /// <param name="tags">Its tags.</param>
    public static IHealthChecksBuilder AddVideoVoice(
        this IHealthChecksBuilder builder, string name = "videovoice", TimeSpan? maxPendingAge = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new VideoVoiceHealthCheck(provider.GetRequiredService<SchemaInitializer>(), provider.GetRequiredService<StatusManager>(), provider.GetService<WorkerHealth>(), maxPendingAge),
            failureStatus,
            tags));
    }
}
