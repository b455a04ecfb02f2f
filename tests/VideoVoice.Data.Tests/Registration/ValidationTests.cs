using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Registration;

public sealed class ValidationTests
{
    private const string Valid = "Host=h;Database=d";

    public static IEnumerable<TestCaseData> Wrong =>
    [
        Case("No connection string", o => o.ConnectionString = null, "There is no connection string."),
        Case("No host", o => o.ConnectionString = "Database=d;Password=s3cret", "The connection string names no Host."),
        Case("No database", o => o.ConnectionString = "Host=h;Password=s3cret", "The connection string names no Database."),
        Case("An empty connection string", o => o.ConnectionString = "", "The connection string names no Host."),
        Case("An unknown keyword", o => o.ConnectionString = "Host=h;s3cret=1;Password=s3cret", "The connection string cannot be read: it has a key"),
        Case("A password with a semicolon", o => o.ConnectionString = "Host=h;Database=d;Password=a;s3cret", "The connection string cannot be read."),
        Case("A port that is none", o => o.ConnectionString = "Host=h;Database=d;Port=s3cret", "The connection string cannot be read:"),
        Case("A port that is none is named", o => o.ConnectionString = "Host=h;Database=d;Port=s3cret", "the value of 'port' is none that Npgsql takes"),
        Case("A misread key", o => o.ConnectionString = "Host=h;Database=d;Maximum Pool Size=s3cret", "'maximum pool size'"),
        Case("An unknown key is not repeated", o => o.ConnectionString = "Host=h;Database=d;s3cret=1", "it has a key that Npgsql does not know"),
        Case("libpq's spelling", o => o.ConnectionString = "host=h dbname=d user=u password=s3cret", "written for libpq"),
        Case("A URI", o => o.ConnectionString = "postgresql://u:s3cret@h/d", "written for libpq"),
        Case("A database of 64 bytes", o => o.ConnectionString = $"Host=h;Database={new string('d', 64)}", "more than 63 bytes"),
        Case("U+0000 in the database", o => o.ConnectionString = "Host=h;Database='a\0b'", "The connection string cannot be read."),
        Case("Half a surrogate pair in the database", o => o.ConnectionString = "Host=h;Database=a\ud800", "U+0000 or half a surrogate pair"),
        Case("A schema of 64 bytes", o => o.Schema = new string('é', 32), "Schema has 64 bytes in UTF-8."),
        Case("A maintenance database of 64 bytes", o => o.MaintenanceDatabase = new string('m', 64), "MaintenanceDatabase has 64 bytes"),
        Case("The user's schema", o => o.Schema = "$user", "Schema is '$user'"),
        Case("A schema of the server's", o => o.Schema = "pg_toast", "Schema is 'pg_toast'"),
        Case("The information schema", o => o.Schema = "information_schema", "Schema is 'information_schema'"),
        Case("Half a surrogate pair in the schema", o => o.Schema = "a\ud800", "Schema: The character at index 1"),
        Case("U+0000 in the time zone", o => o.LegacyTimeZone = "U\0TC", "LegacyTimeZone: The character at index 1"),
        Case("U+0000 in the maintenance database", o => o.MaintenanceDatabase = "p\0", "MaintenanceDatabase: The character at index 1"),
        Case("An empty schema", o => o.Schema = " ", "Schema is empty."),
        Case("A schema behind PgBouncer", o => (o.Schema, o.BehindPgBouncer) = ("tenant", true), "Schema cannot be set behind PgBouncer"),
        Case("No maintenance database", o => o.MaintenanceDatabase = "", "MaintenanceDatabase is empty."),
        Case("No time zone", o => o.LegacyTimeZone = "", "LegacyTimeZone is empty."),
        Case("No attempts", o => o.MaxAttempts = 0, "MaxAttempts is 0. Set it from 1 to 1000."),
        Case("Too many attempts", o => o.MaxAttempts = 1001, "MaxAttempts is 1001."),
        Case("A negative step", o => o.QueueStep = TimeSpan.FromTicks(-1), "QueueStep is -"),
        Case("A step beyond an hour", o => o.QueueStep = TimeSpan.FromHours(2), "QueueStep is 02:00:00. Set it from 00:00:00 to 01:00:00."),
        Case("A negative delay", o => o.RetryDelay = TimeSpan.FromTicks(-1), "RetryDelay is -"),
        Case("A longest delay beyond a day", o => o.MaxRetryDelay = TimeSpan.FromDays(2), "MaxRetryDelay is 2.00:00:00."),
        Case("A preference beyond a day", o => o.LoadedVoicePreference = TimeSpan.FromDays(2), "LoadedVoicePreference is 2.00:00:00."),
        Case("Polling without a pause", o => o.PollInterval = TimeSpan.Zero, "PollInterval is 00:00:00."),
    ];

    [TestCaseSource(nameof(Wrong))]
    public async Task Wrong_options_are_refused_at_start_up_and_at_first_use(Action<VideoVoiceOptions> configure, string message)
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o =>
        {
            o.ConnectionString = Valid;
            configure(o);
        }));

        var atStart = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        var atUse = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<VideoManager>());

        foreach (var e in new[] { atStart!, atUse! })
            Assert.That(e.ToString(), Does.Contain(message).And.Not.Contain("s3cret"));
    }

    [Test]
    public async Task All_that_is_wrong_is_said_at_once()
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o => (o.MaxAttempts, o.LegacyTimeZone) = (0, "")));

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<SchemaInitializer>());

        Assert.That(e!.Failures, Has.Exactly(3).Items);
    }

    [Test]
    public async Task The_limits_themselves_are_allowed()
    {
        foreach (var (attempts, step) in new[] { (1, TimeSpan.Zero), (1000, TimeSpan.FromHours(1)) })
        {
            await using var provider = RegistrationTests.Build(services =>
                services.AddVideoVoiceData(o => (o.ConnectionString, o.MaxAttempts, o.QueueStep) = (Valid, attempts, step)));
            Assert.DoesNotThrow(() => provider.GetRequiredService<IStartupValidator>().Validate());
        }
    }

    [TestCase("d")]
    [TestCase("é")]
    [TestCase("😀")]
    public async Task A_name_may_have_63_bytes_of_any_text(string character)
    {
        var name = string.Concat(Enumerable.Repeat(character, 63 / System.Text.Encoding.UTF8.GetByteCount(character)));
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceData(o =>
            (o.ConnectionString, o.Schema, o.MaintenanceDatabase) = ($"Host=h;Database={name}", name, name)));

        Assert.DoesNotThrow(() => provider.GetRequiredService<IStartupValidator>().Validate());
    }

    [Test]
    public async Task A_schema_is_refused_on_a_data_source_of_the_host()
    {
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceDataOnDataSource(configure: o => o.Schema = "tenant"));

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());

        Assert.That(e!.Message, Does.Contain("Search Path"));
    }

    [Test]
    public void Missing_arguments_are_refused()
    {
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            Assert.Throws<ArgumentNullException>(() => services.AddVideoVoiceData((Action<VideoVoiceOptions>)null!));
            Assert.Throws<ArgumentNullException>(() => services.AddVideoVoiceData((Microsoft.Extensions.Configuration.IConfiguration)null!));
            Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddVideoVoiceDataFromEnvironment());
            Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddVideoVoiceDataOnDataSource());
        }
    }

    private static TestCaseData Case(string name, Action<VideoVoiceOptions> configure, string message) =>
        new TestCaseData(configure, message).SetArgDisplayNames(name);
}
