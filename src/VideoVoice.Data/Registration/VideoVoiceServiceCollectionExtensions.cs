using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using VideoVoice.Data;
using VideoVoice.Data.Diagnostics;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Registration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Registers <see cref="VideoManager"/>, <see cref="VoiceManager"/>, <see cref="VoiceMappingManager"/>, <see cref="SettingManager"/>,
/// <see cref="StatusManager"/> and <see cref="SchemaInitializer"/> as singletons, on one data source per process. Nothing connects before it is used.
/// A data source that the library makes is also there as the keyed service <see cref="VideoVoiceOptions.Name"/>, to begin transactions with; for a connection string with
/// several hosts an <see cref="NpgsqlMultiHostDataSource"/> as well, to read from a standby with.
/// </summary>
public static class VideoVoiceServiceCollectionExtensions
{
    /// <summary>Registers the library with options from code.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets at least <see cref="VideoVoiceOptions.ConnectionString"/>.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up or first use, saying what to set.</returns>
    public static IServiceCollection AddVideoVoiceData(this IServiceCollection services, Action<VideoVoiceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddOwnDataSource(options => options.Configure(configure));
    }

    /// <summary>
    /// Registers the library from configuration: the section <c>VideoVoice</c>; the connection string from <c>ConnectionStrings:VideoVoice</c>, else
    /// from the section, else from the Python services' POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and DATABASE_NAME where the configuration has them.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The host's configuration at its root, or its section <c>VideoVoice</c>, which must then hold the connection string.</param>
    /// <param name="configure">Has the last word.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up or first use, saying what to set.</returns>
    public static IServiceCollection AddVideoVoiceData(this IServiceCollection services, IConfiguration configuration, Action<VideoVoiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddOwnDataSource(options => options
            .Bind(configuration is IConfigurationSection { Key: VideoVoiceOptions.Name } own ? own : configuration.GetSection(VideoVoiceOptions.Name))
            .Configure(o => o.ConnectionString = configuration.GetConnectionString(VideoVoiceOptions.Name)
                ?? o.ConnectionString
                ?? DataSources.FromPythonVariables(name => configuration[name]))
            .Configure(configure ?? (_ => { })));
    }

    /// <summary>
    /// Registers the library with the environment variables of the Python services: POSTGRES_HOST (required), POSTGRES_PORT (5432), POSTGRES_USER
    /// (postgres), POSTGRES_PASSWORD (none) and DATABASE_NAME (video_voice_integration).
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Has the last word.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up or first use, saying what to set.</returns>
    public static IServiceCollection AddVideoVoiceDataFromEnvironment(this IServiceCollection services, Action<VideoVoiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddOwnDataSource(options => options
            .Configure(o => o.ConnectionString = DataSources.FromPythonVariables(Environment.GetEnvironmentVariable))
            .Configure(configure ?? (_ => { })));
    }

    /// <summary>
    /// Registers the library on an <see cref="NpgsqlDataSource"/> that the host registers. The host owns it and its settings:
    /// <c>Max Auto Prepare=50;No Reset On Close=true</c> make a statement about twice as fast, where nothing of the host changes session state, and
    /// <c>Options=-c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off</c> a claim, where the host's own statements can do with generic plans.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="dataSourceKey">The key under which the host registers it; null for the one without a key.</param>
    /// <param name="configure">The other options.</param>
    /// <returns>The container. A missing data source throws <see cref="InvalidOperationException"/> at first use.</returns>
    public static IServiceCollection AddVideoVoiceDataOnDataSource(this IServiceCollection services, object? dataSourceKey = null, Action<VideoVoiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => NewDatabase(provider, dataSourceKey is null
            ? provider.GetRequiredService<NpgsqlDataSource>()
            : provider.GetRequiredKeyedService<NpgsqlDataSource>(dataSourceKey)));
        return services.AddManagers(
            hostDataSource: true,
            options => options.Configure(configure ?? (_ => { })).Configure(o => o.Targets.Add($"the host's data source with {(dataSourceKey is null ? "no key" : $"the key {dataSourceKey}")}")));
    }

    private static IServiceCollection AddOwnDataSource(this IServiceCollection services, Action<OptionsBuilder<VideoVoiceOptions>> configure)
    {
        services.TryAddKeyedSingleton(VideoVoiceOptions.Name, static (provider, _) =>
            DataSources.CreateMultiHost(provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value, provider.GetService<ILoggerFactory>()));
        services.TryAddKeyedSingleton<NpgsqlDataSource>(VideoVoiceOptions.Name, static (provider, key) =>
        {
            var options = provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value;
            return DataSources.TargetOf(options) is { } target
                ? provider.GetRequiredKeyedService<NpgsqlMultiHostDataSource>(key).WithTargetSession(target)
                : DataSources.Create(options, provider.GetService<ILoggerFactory>());
        });
        services.TryAddSingleton(static provider => NewDatabase(provider, provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name)));
        return services.AddManagers(hostDataSource: false, options =>
        {
            configure(options);
            options.Configure(static o =>
            {
                if (o.ConnectionString is not null && ConnectionStrings.Fault(o.ConnectionString) is null && new NpgsqlConnectionStringBuilder(o.ConnectionString) is var target)
                    o.Targets.Add($"{ConnectionStrings.ServerOf(target)}/{target.Database}");
            });
        });
    }

    private static IServiceCollection AddManagers(this IServiceCollection services, bool hostDataSource, Action<OptionsBuilder<VideoVoiceOptions>> configure)
    {
        configure(services.AddOptions<VideoVoiceOptions>().ValidateOnStart());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VideoVoiceOptions>>(new VideoVoiceOptionsValidator(hostDataSource)));

        services.TryAddSingleton(static p => new Notifier(
            p.GetRequiredService<Database>(), p.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.Notifications, p.GetService<ILoggerFactory>()?.CreateLogger(Telemetry.Name)));
        services.TryAddSingleton(static p => new VideoManager(
            p.GetRequiredService<Database>(), p.GetRequiredService<IOptions<VideoVoiceOptions>>().Value, p.GetRequiredService<Notifier>(), logger: null));
        services.TryAddSingleton(static p => new VoiceManager(
            p.GetRequiredService<Database>(), p.GetRequiredService<IOptions<VideoVoiceOptions>>().Value, p.GetRequiredService<Notifier>(), p.GetService<ILogger<VoiceManager>>()));
        services.TryAddSingleton(static p => new VoiceMappingManager(p.GetRequiredService<Database>()));
        services.TryAddSingleton(static p => new SettingManager(p.GetRequiredService<Database>()));
        services.TryAddSingleton(static p => new StatusManager(p.GetRequiredService<Database>()));
        services.TryAddSingleton(static p => new SchemaInitializer(
            p.GetRequiredService<Database>(), p.GetRequiredService<IOptions<VideoVoiceOptions>>().Value, p.GetService<ILogger<SchemaInitializer>>()));
        return services;
    }

    private static Database NewDatabase(IServiceProvider provider, NpgsqlDataSource dataSource) =>
        new(dataSource, provider.GetService<ILoggerFactory>()?.CreateLogger(Telemetry.Name), provider.GetService<TimeProvider>());
}
