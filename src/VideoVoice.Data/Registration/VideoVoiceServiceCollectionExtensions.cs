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
/// several hosts an <see cref="NpgsqlMultiHostDataSource"/> as well, to read from a standby with. With a key of the caller's they are keyed services, beside others.
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
        return services.AddOwnDataSource(null, options => options.Configure(configure));
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
        return services.AddOwnDataSource(null, options => options
            .Bind(configuration is IConfigurationSection { Key: VideoVoiceOptions.Name } own ? own : configuration.GetSection(VideoVoiceOptions.Name))
            .Configure(o => o.ConnectionString = configuration.GetConnectionString(VideoVoiceOptions.Name)
                ?? o.ConnectionString
                ?? DataSources.FromPythonVariables(name => configuration[name]))
            .Configure(configure ?? (_ => { })));
    }

    /// <summary>
    /// Registers the library once more in the same process, for another database or schema: every service has the key, as in
    /// <c>[FromKeyedServices("tenant")] VoiceManager voices</c>, and options, a data source (<c>VideoVoice:tenant</c>) and a listening connection of its own.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="key">The key of the services, and the name of their <see cref="VideoVoiceOptions"/>.</param>
    /// <param name="configure">Sets at least <see cref="VideoVoiceOptions.ConnectionString"/>.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up or first use, saying what to set.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public static IServiceCollection AddVideoVoiceData(this IServiceCollection services, string key, Action<VideoVoiceOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddOwnDataSource(Check.Text(key), options => options.Configure(configure));
    }

    /// <summary>
    /// As the registration with a key and options from code, from configuration: the section <c>VideoVoice:tenant</c> for the key <c>tenant</c>; the connection string
    /// from <c>ConnectionStrings:tenant</c>, else from the section.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="key">The key of the services, and the name of their <see cref="VideoVoiceOptions"/>.</param>
    /// <param name="configuration">The host's configuration at its root, or a section of it with the options, which must then hold the connection string.</param>
    /// <param name="configure">Has the last word.</param>
    /// <returns>The container. Wrong options throw <see cref="OptionsValidationException"/> at start-up or first use, saying what to set.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    public static IServiceCollection AddVideoVoiceData(this IServiceCollection services, string key, IConfiguration configuration, Action<VideoVoiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddOwnDataSource(Check.Text(key), options => options
            .Bind(configuration as IConfigurationSection ?? configuration.GetSection($"{VideoVoiceOptions.Name}:{key}"))
            .Configure(o => o.ConnectionString = configuration.GetConnectionString(key) ?? o.ConnectionString)
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
        return services.AddOwnDataSource(null, options => options
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
    /// <param name="key">The key of the library's services; null for none.</param>
    /// <returns>The container. A missing data source throws <see cref="InvalidOperationException"/> at first use.</returns>
    /// <exception cref="ArgumentException">The key of the services is empty.</exception>
    public static IServiceCollection AddVideoVoiceDataOnDataSource(
        this IServiceCollection services, object? dataSourceKey = null, Action<VideoVoiceOptions>? configure = null, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddKeyedSingleton(Check.OptionalText(key), (provider, _) => NewDatabase(provider, provider.GetRequired<NpgsqlDataSource>(dataSourceKey)));
        return services.AddManagers(
            key,
            options => options.Configure(configure ?? (_ => { })).Configure(o =>
            {
                o.IsOnDataSource = true;
                o.Targets.Add($"the host's data source with {(dataSourceKey is null ? "no key" : $"the key {dataSourceKey}")}");
            }));
    }

    private static IServiceCollection AddOwnDataSource(this IServiceCollection services, string? key, Action<OptionsBuilder<VideoVoiceOptions>> configure)
    {
        var dataSourceKey = key is null ? VideoVoiceOptions.Name : $"{VideoVoiceOptions.Name}:{key}";
        services.TryAddKeyedSingleton(dataSourceKey, (provider, _) => DataSources.CreateMultiHost(provider.OptionsOf(key), provider.GetService<ILoggerFactory>()));
        services.TryAddKeyedSingleton<NpgsqlDataSource>(dataSourceKey, (provider, own) => DataSources.TargetOf(provider.OptionsOf(key)) is { } target
            ? provider.GetRequiredKeyedService<NpgsqlMultiHostDataSource>(own).WithTargetSession(target)
            : DataSources.Create(provider.OptionsOf(key), provider.GetService<ILoggerFactory>()));
        services.TryAddKeyedSingleton(key, (provider, _) => NewDatabase(provider, provider.GetRequiredKeyedService<NpgsqlDataSource>(dataSourceKey)));
        return services.AddManagers(key, options =>
        {
            configure(options);
            options.Configure(static o =>
            {
                if (o.ConnectionString is not null && ConnectionStrings.Fault(o.ConnectionString) is null && new NpgsqlConnectionStringBuilder(o.ConnectionString) is var target)
                    o.Targets.Add($"{ConnectionStrings.ServerOf(target)}/{target.Database}");
            });
        });
    }

    private static IServiceCollection AddManagers(this IServiceCollection services, string? key, Action<OptionsBuilder<VideoVoiceOptions>> configure)
    {
        configure(services.AddOptions<VideoVoiceOptions>(key).ValidateOnStart());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VideoVoiceOptions>, VideoVoiceOptionsValidator>());

        services.TryAddKeyedSingleton(key, static (p, k) => new Notifier(p.GetRequired<Database>(k), p.OptionsOf(k).Notifications, p.GetService<ILoggerFactory>()?.CreateLogger(Telemetry.Name)));
        services.TryAddKeyedSingleton(key, static (p, k) => new VideoManager(p.GetRequired<Database>(k), p.OptionsOf(k), p.GetRequired<Notifier>(k), logger: null));
        services.TryAddKeyedSingleton(key, static (p, k) => new VoiceManager(p.GetRequired<Database>(k), p.OptionsOf(k), p.GetRequired<Notifier>(k), p.GetService<ILogger<VoiceManager>>()));
        services.TryAddKeyedSingleton(key, static (p, k) => new VoiceMappingManager(p.GetRequired<Database>(k)));
        services.TryAddKeyedSingleton(key, static (p, k) => new SettingManager(p.GetRequired<Database>(k)));
        services.TryAddKeyedSingleton(key, static (p, k) => new StatusManager(p.GetRequired<Database>(k), k as string));
        services.TryAddKeyedSingleton(key, static (p, k) => new SchemaInitializer(p.GetRequired<Database>(k), p.OptionsOf(k), p.GetService<ILogger<SchemaInitializer>>()));
        return services;
    }

    private static Database NewDatabase(IServiceProvider provider, NpgsqlDataSource dataSource) =>
        new(dataSource, provider.GetService<ILoggerFactory>()?.CreateLogger(Telemetry.Name), provider.GetService<TimeProvider>());

    private static VideoVoiceOptions OptionsOf(this IServiceProvider provider, object? key) => provider.GetRequiredService<IOptionsMonitor<VideoVoiceOptions>>().Get(key as string);

    // Not every container takes null for a key.
    private static T GetRequired<T>(this IServiceProvider provider, object? key)
        where T : notnull => key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);
}
