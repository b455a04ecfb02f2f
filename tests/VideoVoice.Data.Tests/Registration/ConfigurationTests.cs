using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Registration;

public sealed class ConfigurationTests
{
    private const string Named = "ConnectionStrings:VideoVoice";
    private const string InSection = "VideoVoice:ConnectionString";

    [Test]
    public void The_named_connection_string_comes_before_the_section_and_the_section_before_the_python_variables()
    {
        var all = new Dictionary<string, string?>
        {
            [Named] = "Host=named;Database=d",
            [InSection] = "Host=section;Database=d",
            ["POSTGRES_HOST"] = "python",
        };

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Bind(all).ConnectionString, Is.EqualTo("Host=named;Database=d"));
            all.Remove(Named);
            Assert.That(Bind(all).ConnectionString, Is.EqualTo("Host=section;Database=d"));
            all.Remove(InSection);
            Assert.That(new NpgsqlConnectionStringBuilder(Bind(all).ConnectionString).Host, Is.EqualTo("python"));
            Assert.That(Bind(all, o => o.ConnectionString = "Host=code;Database=d").ConnectionString, Is.EqualTo("Host=code;Database=d"));
        }
    }

    [Test]
    public void Every_option_is_bound()
    {
        var options = Bind(new()
        {
            [InSection] = "Host=h;Database=d",
            ["VideoVoice:Schema"] = "tenant",
            ["VideoVoice:CreateDatabase"] = "false",
            ["VideoVoice:MaintenanceDatabase"] = "template1",
            ["VideoVoice:LegacyTimeZone"] = "Europe/Lisbon",
            ["VideoVoice:MaxAttempts"] = "11",
            ["VideoVoice:QueueStep"] = "00:00:02.5",
            ["VideoVoice:RetryDelay"] = "00:00:07",
            ["VideoVoice:MaxRetryDelay"] = "00:08:00",
            ["VideoVoice:LoadedVoicePreference"] = "00:00:09",
            ["VideoVoice:Notifications"] = "false",
            ["VideoVoice:PollInterval"] = "00:00:11",
        });
        var behind = Bind(new() { [InSection] = "Host=h;Database=d", ["VideoVoice:BehindPgBouncer"] = "true" });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.ConnectionString, Is.EqualTo("Host=h;Database=d"));
            Assert.That(options.Schema, Is.EqualTo("tenant"));
            Assert.That(options.CreateDatabase, Is.False);
            Assert.That(options.MaintenanceDatabase, Is.EqualTo("template1"));
            Assert.That(options.LegacyTimeZone, Is.EqualTo("Europe/Lisbon"));
            Assert.That(options.MaxAttempts, Is.EqualTo(11));
            Assert.That(options.QueueStep, Is.EqualTo(TimeSpan.FromSeconds(2.5)));
            Assert.That(options.RetryDelay, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(options.MaxRetryDelay, Is.EqualTo(TimeSpan.FromMinutes(8)));
            Assert.That(options.LoadedVoicePreference, Is.EqualTo(TimeSpan.FromSeconds(9)));
            Assert.That(options.Notifications, Is.False);
            Assert.That(options.PollInterval, Is.EqualTo(TimeSpan.FromSeconds(11)));
            Assert.That(options.BehindPgBouncer, Is.False);
            Assert.That(behind.Notifications, Is.False, "LISTEN does not work there.");
            Assert.That(typeof(VideoVoiceOptions).GetProperties(), Has.Length.EqualTo(13), "A new option is bound here too.");
            Assert.That(behind.BehindPgBouncer, Is.True);
        }
    }

    [Test]
    public void The_python_variables_of_a_configuration_make_a_connection_string_with_any_password()
    {
        var options = Bind(new()
        {
            ["POSTGRES_HOST"] = "h",
            ["POSTGRES_PORT"] = "30432",
            ["POSTGRES_USER"] = "u",
            ["POSTGRES_PASSWORD"] = "a;b='c\" d",
            ["DATABASE_NAME"] = "db",
        });
        var defaults = new NpgsqlConnectionStringBuilder(Bind(new() { ["POSTGRES_HOST"] = "h" }).ConnectionString);

        var read = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        Assert.That((read.Host, read.Port, read.Username, read.Password, read.Database), Is.EqualTo(("h", 30432, "u", "a;b='c\" d", "db")));
        Assert.That((defaults.Port, defaults.Username, defaults.Password, defaults.Database), Is.EqualTo((5432, "postgres", (string?)null, "video_voice_integration")));
    }

    [TestCase("0")]
    [TestCase("65536")]
    [TestCase("five")]
    [TestCase("")]
    public void A_port_that_is_none_is_named(string port)
    {
        var e = Assert.Throws<FormatException>(() => Bind(new() { ["POSTGRES_HOST"] = "h", ["POSTGRES_PORT"] = port }));

        Assert.That(e!.Message, Does.Contain("POSTGRES_PORT").And.Contain("from 1 to 65535").And.Not.Contain("five"));
    }

    [Test]
    public void An_empty_configuration_says_what_to_set()
    {
        var e = Assert.Throws<OptionsValidationException>(() => Bind([]));

        Assert.That(e!.Message, Does.Contain("ConnectionStrings:VideoVoice").And.Contain("POSTGRES_HOST"));
    }

    private static VideoVoiceOptions Bind(Dictionary<string, string?> values, Action<VideoVoiceOptions>? configure = null)
    {
        using var provider = RegistrationTests.Build(services =>
            services.AddVideoVoiceData(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), configure));
        return provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value;
    }
}
