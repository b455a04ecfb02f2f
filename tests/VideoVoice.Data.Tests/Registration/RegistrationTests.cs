using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NUnit.Framework;
using NUnit.Framework.Constraints;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Notifications;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Registration;

public sealed class RegistrationTests : DatabaseTest
{
    internal static readonly Type[] Services =
        [typeof(VideoManager), typeof(VoiceManager), typeof(VoiceMappingManager), typeof(SettingManager), typeof(StatusManager), typeof(SchemaInitializer)];

    [Test]
    public async Task A_manager_disposes_of_nothing_that_it_shares()
    {
        await using var provider = Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString));
        await provider.GetRequiredService<VideoManager>().DisposeAsync();
        await provider.GetRequiredService<VoiceManager>().DisposeAsync();

        var notifier = provider.GetRequiredService<Notifier>();
        await notifier.NotifyAsync(1, [Guid.NewGuid()], [], null, Token);

        Assert.That(await Eventually.HoldsAsync(() => notifier.Waiting == 0, TimeSpan.FromSeconds(10)), Is.True, "It sends no longer.");
    }

    [TestCaseSource(nameof(Services))]
    public void A_constructor_on_a_data_source_validates_the_options_as_the_container_does(Type service)
    {
        var constructor = service.GetConstructors().Single();
        VideoVoiceOptions With(Action<VideoVoiceOptions> configure)
        {
            var options = new VideoVoiceOptions();
            configure(options);
            return options;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Create(With(o => (o.MaxAttempts, o.PollInterval) = (0, TimeSpan.Zero))), Refuses("MaxAttempts is 0", "PollInterval is"));
            Assert.That(() => Create(With(o => o.ConnectionString = $"Host=h;Database={new string('a', 64)}")), Refuses("more than 63 bytes"));
            Assert.That(() => Create(With(o => o.Schema = "elsewhere")), Refuses("Schema is elsewhere, but the Search Path of the data source is not set"));
            Assert.That(() => Create(new VideoVoiceOptions()), Throws.Nothing);
        }

        void Create(VideoVoiceOptions options) => constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, [DataSource, options, null], null);

        static IResolveConstraint Refuses(params string[] words) =>
            Throws.ArgumentException.With.Property("ParamName").EqualTo("options").And.Property("Message").Matches<string>(message => Array.TrueForAll(words, word => message?.Contains(word, StringComparison.Ordinal) == true));
    }

    [Test]
    public async Task Every_service_works_on_options_from_code()
    {
        await using var provider = Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString));

        var video = await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);
        await provider.GetRequiredService<VoiceManager>().CreateVoiceRequestAsync(video, "Ana", "Oi", cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await provider.GetRequiredService<StatusManager>().GetVideoProcessingStatusAsync(video, cancellationToken: Token))!.TotalVoices, Is.EqualTo(1));
            Assert.That(await provider.GetRequiredService<VoiceMappingManager>().ListVoiceMappingsAsync(cancellationToken: Token), Has.Count.EqualTo(3));
            Assert.That(await provider.GetRequiredService<SettingManager>().ListSettingsAsync(cancellationToken: Token), Has.Count.EqualTo(4));
            Assert.That((await provider.GetRequiredService<SchemaInitializer>().InitializeAsync(Token)).Applied, Is.Empty);
        }
    }

    [Test]
    public async Task The_options_reach_new_requests()
    {
        await using var provider = Build(services => services.AddVideoVoiceData(o => (o.ConnectionString, o.MaxAttempts) = (ConnectionString, 7)));
        var video = await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);
        var voice = await provider.GetRequiredService<VoiceManager>().CreateVoiceRequestAsync(video, "Ana", "Oi", cancellationToken: Token);

        Assert.That((await Voices.GetVoiceAsync(voice, cancellationToken: Token))!.MaxAttempts, Is.EqualTo(7));
    }

    [Test]
    public async Task All_services_share_one_data_source_which_the_container_disposes_of()
    {
        NpgsqlDataSource dataSource;
        await using (var provider = Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString)))
        {
            dataSource = provider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name);
            await using var scope = provider.CreateAsyncScope();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(provider.GetRequiredService<Database>().DataSource, Is.SameAs(dataSource));
                Assert.That(scope.ServiceProvider.GetRequiredKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name), Is.SameAs(dataSource));
                foreach (var service in Services)
                    Assert.That(scope.ServiceProvider.GetRequiredService(service), Is.SameAs(provider.GetRequiredService(service)));
            }

            // It is the one to begin transactions with.
            await using var connection = await dataSource.OpenConnectionAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", transaction: transaction, cancellationToken: Token);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await dataSource.OpenConnectionAsync(Token));
    }

    [TestCase(null)]
    [TestCase("the host's")]
    public async Task The_host_s_data_source_is_used_and_left_open(string? key)
    {
        await using var host = new NpgsqlDataSourceBuilder(ConnectionString) { Name = "host" }.Build();
        await using (var provider = Build(services =>
        {
            if (key is null)
                services.AddSingleton(host);
            else
                services.AddKeyedSingleton(key, host);

            services.AddVideoVoiceDataOnDataSource(key, o => o.MaxAttempts = 9);
        }))
        {
            Assert.That(provider.GetRequiredService<Database>().DataSource, Is.SameAs(host));
            Assert.That(provider.GetKeyedService<NpgsqlDataSource>(VideoVoiceOptions.Name), Is.Null);
            Assert.That(provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.MaxAttempts, Is.EqualTo(9));
            await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);
        }

        await using var connection = await host.OpenConnectionAsync(Token);
        Assert.That(connection.FullState, Is.EqualTo(System.Data.ConnectionState.Open));
    }

    [Test]
    public async Task A_host_s_data_source_that_is_missing_is_an_error_at_first_use()
    {
        await using var provider = Build(services => services.AddVideoVoiceDataOnDataSource("missing"));

        Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<VideoManager>());
    }

    [Test]
    public async Task Registering_twice_makes_nothing_twice_and_the_last_options_count()
    {
        var services = new ServiceCollection();
        services.AddVideoVoiceData(o => (o.ConnectionString, o.MaxAttempts) = (ConnectionString, 2));
        var once = services.Count(d => d.ServiceType.Assembly == typeof(VideoManager).Assembly || d.ServiceType == typeof(NpgsqlDataSource));
        services.AddVideoVoiceData(new ConfigurationBuilder().Build(), o => o.ConnectionString = ConnectionString);
        var twice = services.Count(d => d.ServiceType.Assembly == typeof(VideoManager).Assembly || d.ServiceType == typeof(NpgsqlDataSource));
        await using var provider = services.BuildServiceProvider();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(twice, Is.EqualTo(once));
            foreach (var service in Services)
                Assert.That(provider.GetServices(service).Count(), Is.EqualTo(1), service.Name);

            Assert.That(provider.GetServices<IValidateOptions<VideoVoiceOptions>>().Count(), Is.EqualTo(1));
            Assert.That(provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.MaxAttempts, Is.EqualTo(2));
            Assert.That(await provider.GetRequiredService<SchemaInitializer>().GetSchemaVersionAsync(Token), Is.EqualTo(SchemaInitializer.LatestVersion));
        }
    }

    [Test]
    public async Task Two_databases_in_one_container_are_refused_by_name()
    {
        await using var provider = Build(services => services
            .AddVideoVoiceData(o => o.ConnectionString = "Host=first;Database=a;Password=s3cret")
            .AddVideoVoiceData(o => o.ConnectionString = "Host=second;Database=b;Password=s3cret"));

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<VideoManager>());

        Assert.That(e!.Message, Does.Contain("first:5432/a, second:5432/b").And.Contain("One container holds one").And.Not.Contain("s3cret"));
    }

    [Test]
    public async Task A_database_and_the_host_s_data_source_in_one_container_are_refused()
    {
        await using var provider = Build(services => services
            .AddSingleton(DataSource)
            .AddVideoVoiceData(o => o.ConnectionString = "Host=first;Database=a")
            .AddVideoVoiceDataOnDataSource(configure: o => o.MaxAttempts = 4));

        Assert.That(
            () => provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value,
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("first:5432/a, the host's data source with no key"));
    }

    [Test]
    public async Task The_section_may_be_given_instead_of_the_root()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("VideoVoice:ConnectionString", ConnectionString), new("VideoVoice:MaxAttempts", "8")]).Build();
        await using var provider = Build(services => services.AddVideoVoiceData(configuration.GetSection("VideoVoice")));

        Assert.That(provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.MaxAttempts, Is.EqualTo(8));
        Assert.That(await provider.GetRequiredService<SchemaInitializer>().GetSchemaVersionAsync(Token), Is.EqualTo(SchemaInitializer.LatestVersion));
    }

    [Test]
    public async Task The_container_validates_what_it_builds()
    {
        await using var provider = Build(services => services.AddVideoVoiceData(o => o.ConnectionString = ConnectionString));
        foreach (var service in Services)
            Assert.That(provider.GetRequiredService(service), Is.InstanceOf(service));
    }

    internal static ServiceProvider Build(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }
}
