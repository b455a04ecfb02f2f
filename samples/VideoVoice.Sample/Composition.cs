using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using VideoVoice.Data;

namespace VideoVoice.Sample;

/// <summary>The services of the sample on the database that the environment names.</summary>
internal static class Composition
{
    private static readonly string[] s_places =
        [$"ConnectionStrings:{VideoVoiceOptions.Name}", $"{VideoVoiceOptions.Name}:ConnectionString", "POSTGRES_HOST"];

    /// <summary>The files that are copied beside the program.</summary>
    public static string DataFolder { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>Whether the environment names a server.</summary>
    public static bool IsServerConfigured => Environment().Build() is var configuration
        && s_places.Any(place => !string.IsNullOrWhiteSpace(configuration[place]));

    /// <summary>Builds the services. Nothing connects before it is used.</summary>
    /// <param name="connectionString">Wins over the environment; null takes what the environment names.</param>
    /// <exception cref="SampleException">The environment names no server, or a value in it cannot be read.</exception>
    public static ServiceProvider Connect(string? connectionString = null)
    {
        var configuration = Environment();
        if (connectionString is not null)
            configuration.AddInMemoryCollection([new(s_places[0], connectionString)]);
        else if (!IsServerConfigured)
            throw new SampleException("No database is configured. Set ConnectionStrings__VideoVoice, or POSTGRES_HOST with POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and DATABASE_NAME. Without a sub-command the sample starts a PostgreSQL of its own.");

        var services = new ServiceCollection()
            .AddVideoVoiceData(configuration.Build())
            .AddSingleton<Generator>()
            .AddSingleton<VoiceProgress>()
            .AddSingleton<Verification>()
            .BuildServiceProvider();
        try
        {
            _ = services.GetRequiredService<IOptions<VideoVoiceOptions>>().Value;
            return services;
        }
        catch (Exception e) when (e is OptionsValidationException or FormatException or InvalidOperationException)
        {
            services.Dispose();
            throw new SampleException(e.Message, e);
        }
    }

    /// <summary>Makes the schema, and imports the voices of <c>data/voice_mapping.json</c>.</summary>
    public static async Task<SchemaInitialization> InitializeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var done = await services.GetRequiredService<SchemaInitializer>().InitializeAsync(cancellationToken);
        var json = await File.ReadAllTextAsync(Path.Combine(DataFolder, "voice_mapping.json"), cancellationToken);
        await services.GetRequiredService<VoiceMappingManager>()
            .ImportVoiceConfigurationAsync(VoiceConfiguration.Parse(json), cancellationToken: cancellationToken);
        return done;
    }

    private static IConfigurationBuilder Environment() => new ConfigurationBuilder().AddEnvironmentVariables();
}
