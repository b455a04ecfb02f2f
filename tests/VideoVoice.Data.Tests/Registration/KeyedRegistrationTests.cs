using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>Several databases or schemas in one process, each with a key.</summary>
[CancelAfter(60_000)]
public sealed class KeyedRegistrationTests : DatabaseTest
{
    [Test]
    public async Task Two_schemas_and_the_database_without_a_key_never_see_each_other()
    {
        await using var provider = Build(services => services
            .AddVideoVoiceData(o => o.ConnectionString = ConnectionString)
            .AddVideoVoiceData("one", InSchema("tenant_one"))
            .AddVideoVoiceData("two", InSchema("Tenant \"two\"")));
        foreach (var key in new[] { "one", "two" })
            await provider.GetRequiredKeyedService<SchemaInitializer>(key).InitializeAsync(Token);

        var videos = new Dictionary<string, Guid>();
        foreach (var key in new[] { "one", "two" })
            videos[key] = (await provider.GetRequiredKeyedService<VideoManager>(key).CreateVideoWithVoicesAsync(new NewVideo(key), [new("Aluno", $"of {key}")], cancellationToken: Token)).Id;

        foreach (var (key, other) in new[] { ("one", "two"), ("two", "one") })
        {
            Assert.That((await provider.GetRequiredKeyedService<VideoManager>(key).ListVideosAsync(cancellationToken: Token)).Select(v => v.Title), Is.EqualTo(new[] { key }));
            Assert.That(await provider.GetRequiredKeyedService<VideoManager>(key).GetVideoAsync(videos[other], cancellationToken: Token), Is.Null);
            Assert.That((await provider.GetRequiredKeyedService<StatusManager>(key).GetTotalsAsync(cancellationToken: Token)).PendingVoices, Is.EqualTo(1));
            Assert.That(
                (await provider.GetRequiredKeyedService<VoiceManager>(key).ClaimVoicesAsync("w", 10, TimeSpan.FromMinutes(1), cancellationToken: Token)).Select(r => r.TextContent),
                Is.EqualTo(new[] { $"of {key}" }));
        }

        Assert.That(await provider.GetRequiredService<VideoManager>().ListVideosAsync(cancellationToken: Token), Is.Empty);
    }

    [Test]
    public async Task A_notification_wakes_the_workers_of_its_own_schema_alone()
    {
        await using var provider = Build(services => services.AddVideoVoiceData("one", InSchema("one")).AddVideoVoiceData("two", InSchema("two")));
        var waits = new Dictionary<string, Task>();
        foreach (var key in new[] { "one", "two" })
        {
            await provider.GetRequiredKeyedService<SchemaInitializer>(key).InitializeAsync(Token);
            waits[key] = provider.GetRequiredKeyedService<VoiceManager>(key).WaitForWorkAsync(Token);
            while (!await ScalarAsync<bool>($"select exists (select from {key}.videovoice_listeners where waits_for = 'work')"))
                await Task.Delay(10, Token);
        }

        await provider.GetRequiredKeyedService<VideoManager>("one").CreateVideoWithVoicesAsync(new NewVideo("one"), [new("Aluno", "one")], cancellationToken: Token);

        await waits["one"];
        Assert.That(await ScalarAsync<bool>("select exists (select from two.videovoice_listeners where waits_for = 'work')"), Is.True);
        Assert.That(waits["two"].IsCompleted, Is.False);
        await provider.GetRequiredKeyedService<VideoManager>("two").CreateVideoWithVoicesAsync(new NewVideo("two"), [new("Aluno", "two")], cancellationToken: Token);
        await waits["two"];
    }

    [Test]
    public async Task A_service_asks_for_a_database_by_its_key()
    {
        await using var provider = Build(services => services
            .AddVideoVoiceData("one", o => (o.ConnectionString, o.MaxAttempts) = (ConnectionString, 7))
            .AddVideoVoiceData("two", o => (o.ConnectionString, o.MaxAttempts) = ("Host=127.0.0.1;Port=1;Database=none", 9))
            .AddSingleton<Generator>());
        var generator = provider.GetRequiredService<Generator>();

        var video = await generator.Videos.CreateVideoAsync("Video", cancellationToken: Token);
        var voice = await generator.Voices.CreateVoiceRequestAsync(video, "Ana", "Oi", cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(voice, cancellationToken: Token))!.MaxAttempts, Is.EqualTo(7));
        Assert.That(provider.GetRequiredKeyedService<NpgsqlDataSource>("VideoVoice:one").ConnectionString, Does.Contain(new NpgsqlConnectionStringBuilder(ConnectionString).Database));
        Assert.That(provider.GetService<VoiceManager>(), Is.Null);
    }

    [Test]
    public async Task The_data_source_may_be_the_host_s()
    {
        await using var provider = Build(services => services
            .AddKeyedSingleton("own", DataSource)
            .AddVideoVoiceDataOnDataSource("own", key: "tenant")
            .AddVideoVoiceData("other", o => o.ConnectionString = ConnectionString));

        await provider.GetRequiredKeyedService<VideoManager>("tenant").CreateVideoAsync("Video", cancellationToken: Token);

        Assert.That(await provider.GetRequiredKeyedService<VideoManager>("other").ListVideosAsync(cancellationToken: Token), Has.Count.EqualTo(1));
    }

    [TestCase("VideoVoice:tenant:ConnectionString", "VideoVoice:tenant:MaxAttempts", false)]
    [TestCase("ConnectionStrings:tenant", "VideoVoice:tenant:MaxAttempts", false)]
    [TestCase("Tenants:A:ConnectionString", "Tenants:A:MaxAttempts", true)]
    public void The_configuration_has_a_section_for_each_key(string connectionString, string maxAttempts, bool ownSection)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [connectionString] = "Host=tenant;Database=t",
            [maxAttempts] = "5",
            ["ConnectionStrings:VideoVoice"] = "Host=other;Database=o",
            ["VideoVoice:MaxAttempts"] = "8",
        }).Build();
        using var provider = Build(services => services
            .AddVideoVoiceData("tenant", ownSection ? configuration.GetSection("Tenants:A") : configuration)
            .AddVideoVoiceData(configuration));
        var options = provider.GetRequiredService<IOptionsMonitor<VideoVoiceOptions>>();

        Assert.That((options.Get("tenant").ConnectionString, options.Get("tenant").MaxAttempts), Is.EqualTo(("Host=tenant;Database=t", 5)));
        Assert.That((options.CurrentValue.ConnectionString, options.CurrentValue.MaxAttempts), Is.EqualTo(("Host=other;Database=o", 8)));
    }

    [Test]
    public void What_is_missing_is_said_with_the_key()
    {
        using var provider = Build(services => services.AddVideoVoiceData("tenant", _ => { }));

        Assert.That(
            () => provider.GetRequiredKeyedService<VoiceManager>("tenant"),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("There is no connection string for the key tenant. Set ConnectionStrings:tenant, VideoVoice:tenant:ConnectionString"));
    }

    [Test]
    public void Two_databases_with_one_key_are_refused()
    {
        using var provider = Build(services => services.AddVideoVoiceData("tenant", o => o.ConnectionString = "Host=first;Database=a").AddVideoVoiceData("tenant", o => o.ConnectionString = "Host=second;Database=b"));

        Assert.That(
            () => provider.GetRequiredKeyedService<VoiceManager>("tenant"),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("first:5432/a, second:5432/b").And.Message.Contains("register the others with a key of their own"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    public void A_key_that_is_none_is_refused(string? key)
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => services.AddVideoVoiceData(key!, _ => { }), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("key"));
            Assert.That(() => services.AddVideoVoiceData(key!, new ConfigurationBuilder().Build()), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("key"));
            if (key is not null)
                Assert.That(() => services.AddVideoVoiceDataOnDataSource(key: key), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("key"));
        }
    }

    private static ServiceProvider Build(Func<IServiceCollection, IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    private Action<VideoVoiceOptions> InSchema(string schema) => o => (o.ConnectionString, o.Schema, o.PollInterval) = (ConnectionString, schema, TimeSpan.FromHours(1));

    private sealed class Generator([FromKeyedServices("one")] VideoManager videos, [FromKeyedServices("one")] VoiceManager voices)
    {
        public VideoManager Videos => videos;

        public VoiceManager Voices => voices;
    }
}
