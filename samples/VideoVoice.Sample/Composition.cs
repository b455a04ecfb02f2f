using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using VideoVoice.Data;
using VideoVoice.Sample.Display;

namespace VideoVoice.Sample;

/// <summary>The services of the sample on the database that the environment names.</summary>
internal static class Composition
{
    /// <summary>How many requests are synthesized at once.</summary>
    public const int Cloners = 3;

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
        if (connectionString is null && !IsServerConfigured)
            throw new SampleException("No database is configured. Set ConnectionStrings__VideoVoice, or POSTGRES_HOST with POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and DATABASE_NAME. Without a sub-command the sample starts a PostgreSQL of its own.");

        var services = new ServiceCollection()
            .AddVideoVoiceData(Configure(connectionString))
            .AddSingleton<Generator>()
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

    /// <summary>A host with a voice worker that has the cloner synthesize three requests at once. Warnings go to standard error.</summary>
    /// <param name="connectionString">Wins over the environment; null takes what the environment names.</param>
    /// <param name="cloner">Synthesizes.</param>
    public static IHost CreateClonerHost(string? connectionString, Cloner cloner)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new StandardError());
        builder.Services
            .AddVideoVoiceData(Configure(connectionString), data => data.RetryDelay = TimeSpan.FromSeconds(1))
            .AddSingleton(cloner)
            .AddVoiceWorker<Cloner>(worker =>
            {
                worker.Concurrency = Cloners;
                worker.LeaseDuration = TimeSpan.FromSeconds(10);
            });
        return builder.Build();
    }

    /// <summary>Makes the schema, and imports the voices of <c>data/voice_mapping.json</c>.</summary>
    public static async Task<SchemaInitialization> InitializeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        SchemaInitialization done;
        try
        {
            done = await services.GetRequiredService<SchemaInitializer>().InitializeAsync(cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            // Such as a LegacyTimeZone that the server does not know.
            throw new SampleException(e.Message, e);
        }

        var json = await File.ReadAllTextAsync(Path.Combine(DataFolder, "voice_mapping.json"), cancellationToken);
        await services.GetRequiredService<VoiceMappingManager>()
            .ImportVoiceConfigurationAsync(VoiceConfiguration.Parse(json), cancellationToken: cancellationToken);
        return done;
    }

    /// <summary>The text without the configured passwords, should anything have put them in; the longest is replaced first, because one may be part of another.</summary>
    public static string WithoutPasswords(string text)
    {
        var configuration = Environment().Build();
        return s_places[..2].Select(place => configuration[place]).OfType<string>().Select(PasswordOf)
            .Append(configuration["POSTGRES_PASSWORD"])
            .OfType<string>()
            .Where(password => password.Length > 0)
            .OrderByDescending(password => password.Length)
            .Aggregate(text, (rest, password) => rest.Replace(password, "***", StringComparison.Ordinal));
    }

    private static IConfiguration Configure(string? connectionString)
    {
        var configuration = Environment();
        if (connectionString is not null)
            configuration.AddInMemoryCollection([new(s_places[0], connectionString)]);
        return configuration.Build();
    }

    /// <returns>Null for one that cannot be read: it connects nowhere, and no message of the library repeats it.</returns>
    private static string? PasswordOf(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).Password;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static IConfigurationBuilder Environment() => new ConfigurationBuilder().AddEnvironmentVariables();
}
