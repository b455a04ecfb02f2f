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
        return services.AddWorker<TSynthesizer>(null, configure);
    }

    /// <summary>As the worker without a key, on the database that <c>AddVideoVoiceData</c> was called for with this key. One synthesizer may work for several.</summary>
    /// <typeparam name="TSynthesizer">Taken with the key where it is registered so before this call; else without one, and registered as a singleton unless it is already.</typeparam>
    /// <param name="services">The container.</param>
    /// <param name="key">The key of the database's services.</param>
    /// <param name="configure">Sets the options of this worker, after what <c>services.Configure&lt;VoiceWorkerOptions&gt;</c> sets for every worker; null adds nothing.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up, saying what to set.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public static IServiceCollection AddVoiceWorker<TSynthesizer>(this IServiceCollection services, string key, Action<VoiceWorkerOptions>? configure = null)
        where TSynthesizer : class, IVoiceSynthesizer
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return services.AddWorker<TSynthesizer>(key, configure);
    }

    /// <summary>Creates and migrates the schema before any hosted service starts. A failure stops the start of the host.</summary>
    /// <param name="services">The container.</param>
    /// <param name="key">The key of the database's services; null for the database without one.</param>
    public static IServiceCollection AddVideoVoiceSchemaInitialization(this IServiceCollection services, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHosted(key, (provider, k) => new SchemaInitializationService(provider.Get<SchemaInitializer>(k) ?? throw Missing(nameof(AddVideoVoiceSchemaInitialization), k)));
    }

    /// <summary>Adds a health check: unhealthy when the database does not answer or its schema is not current; degraded when a worker of this process cannot claim or has paused, or when a request has waited too long.</summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returns.</param>
    /// <param name="name">Its name.</param>
    /// <param name="maxPendingAge">How long the oldest request that may start is allowed to wait; null for any time.</param>
    /// <param name="failureStatus">What to report instead of unhealthy.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="key">The key of the database's services; null for the database without one. Each needs a name of its own.</param>
    public static IHealthChecksBuilder AddVideoVoice(
        this IHealthChecksBuilder builder, string name = "videovoice", TimeSpan? maxPendingAge = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            provider => new VideoVoiceHealthCheck(
                provider.Get<SchemaInitializer>(key) ?? throw Missing(nameof(AddVideoVoice), key), provider.Get<StatusManager>(key)!, provider.Get<WorkerHealth>(key), maxPendingAge),
            failureStatus,
            tags));
    }

    private static IServiceCollection AddWorker<TSynthesizer>(this IServiceCollection services, string? key, Action<VoiceWorkerOptions>? configure)
        where TSynthesizer : class, IVoiceSynthesizer
    {
        // By name, so that two workers of one host have options of their own.
        var synthesizer = typeof(TSynthesizer).FullName ?? typeof(TSynthesizer).Name;
        var name = key is null ? synthesizer : $"{key}:{synthesizer}";
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
        // One without a key that nobody takes may not even be constructible.
        if (key is null || !services.Any(service => service.ServiceType == typeof(TSynthesizer) && Equals(service.ServiceKey, key)))
            services.TryAddSingleton<TSynthesizer>();
        services.TryAddKeyedSingleton(key, static (_, _) => new WorkerHealth());
        services.AddHosted(key, static (provider, k) => new QueueGauge(
            provider.Get<StatusManager>(k), provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILogger<QueueGauge>>()));
        return services.AddHosted(key, (provider, k) => new VoiceWorker<TSynthesizer>(
            provider.Get<VoiceManager>(k) ?? throw Missing($"AddVoiceWorker<{typeof(TSynthesizer).Name}>", k),
            provider.Get<TSynthesizer>(k) ?? provider.GetRequiredService<TSynthesizer>(),
            provider.GetRequiredService<IOptionsMonitor<VoiceWorkerOptions>>().Get(name),
            provider.Get<WorkerHealth>(k)!,
            provider.GetService<IHostApplicationLifetime>(),
            provider.GetRequiredService<ILogger<VoiceWorker<TSynthesizer>>>()));
    }

    /// <summary>One of a type for each key, however often it is called; AddHostedService alone would keep one of each type.</summary>
    private static IServiceCollection AddHosted<THosted>(this IServiceCollection services, string? key, Func<IServiceProvider, object?, THosted> create)
        where THosted : class, IHostedService
    {
        if (services.Any(service => service.ServiceType == typeof(Hosted<THosted>) && Equals(service.ServiceKey, key)))
            return services;

        services.TryAddKeyedSingleton(key, static (_, _) => new Hosted<THosted>());
        return services.AddSingleton<IHostedService>(provider => create(provider, key));
    }

    // Not every container takes null for a key.
    private static T? Get<T>(this IServiceProvider provider, object? key)
        where T : class => key is null ? provider.GetService<T>() : provider.GetKeyedService<T>(key);

    private static InvalidOperationException Missing(string caller, object? key) =>
        new($"{caller} needs the library itself: call AddVideoVoiceData{(key is null ? "" : $"(\"{key}\", ...)")} on the same services.");

    /// <summary>Says in the container that there is one.</summary>
    private sealed class Hosted<THosted>;
}
