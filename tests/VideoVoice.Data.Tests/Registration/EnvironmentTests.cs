using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Registration;

/// <summary>The variables belong to the whole process, so no other test runs beside these.</summary>
[NonParallelizable]
public sealed class EnvironmentTests : DatabaseTest
{
    private static readonly string[] s_names = ["POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "DATABASE_NAME"];

    private string?[] _before = [];

    [SetUp]
    public void Clear()
    {
        _before = [.. s_names.Select(Environment.GetEnvironmentVariable)];
        foreach (var name in s_names)
            Environment.SetEnvironmentVariable(name, null);
    }

    [TearDown]
    public void Restore()
    {
        for (var i = 0; i < s_names.Length; i++)
            Environment.SetEnvironmentVariable(s_names[i], _before[i]);
    }

    [Test]
    public async Task The_python_services_variables_are_enough()
    {
        var target = new NpgsqlConnectionStringBuilder(ConnectionString);
        Environment.SetEnvironmentVariable("POSTGRES_HOST", target.Host);
        Environment.SetEnvironmentVariable("POSTGRES_PORT", $"{target.Port}");
        Environment.SetEnvironmentVariable("POSTGRES_USER", target.Username);
        Environment.SetEnvironmentVariable("POSTGRES_PASSWORD", target.Password);
        Environment.SetEnvironmentVariable("DATABASE_NAME", target.Database);
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceDataFromEnvironment(o => o.MaxAttempts = 5));

        var id = await provider.GetRequiredService<VideoManager>().CreateVideoAsync("Video", cancellationToken: Token);

        Assert.That(await Videos.GetVideoAsync(id, cancellationToken: Token), Is.Not.Null);
        Assert.That(provider.GetRequiredService<IOptions<VideoVoiceOptions>>().Value.MaxAttempts, Is.EqualTo(5));
    }

    [Test]
    public async Task Without_a_host_the_variables_are_named_and_no_default_host_is_taken()
    {
        Environment.SetEnvironmentVariable("POSTGRES_PASSWORD", "secret");
        await using var provider = RegistrationTests.Build(services => services.AddVideoVoiceDataFromEnvironment());

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<VideoManager>());

        Assert.That(e!.Message, Does.Contain("POSTGRES_HOST").And.Not.Contain("secret"));
    }
}
