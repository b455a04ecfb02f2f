using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Testing;
using VideoVoice.Data.Testing.Server;
using VideoVoice.Data.Tests.Testing;

namespace VideoVoice.Data.Tests;

/// <summary>What a failed TLS handshake says: the innermost cause, and what to correct.</summary>
[Platform("Linux", Reason = "The key's file is given to the server's user.")]
[UnsupportedOSPlatform("windows")]
public sealed class EncryptionTests
{
    [Test, CancelAfter(180_000)]
    public async Task A_certificate_of_an_unknown_authority_or_of_another_host_is_named_as_the_cause(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=elsewhere.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(folder["server.crt"], certificate.ExportCertificatePem(), cancellationToken);
        await File.WriteAllTextAsync(folder["server.key"], key.ExportPkcs8PrivateKeyPem(), cancellationToken);
        File.SetUnixFileMode(folder["server.key"], UnixFileMode.UserRead);
        if (ServerUser.Find() is { } user)
            Assert.That((await new Command("chown", user, folder["server.key"]).RunAsync(cancellationToken)).ExitCode, Is.Zero);
        var options = new LocalPostgresOptions
        {
            UseExistingServer = false,
            Settings = new Dictionary<string, string> { ["ssl"] = "on", ["ssl_cert_file"] = folder["server.crt"], ["ssl_key_file"] = folder["server.key"] },
        };
        await using var postgres = await LocalPostgres.StartAsync(options, cancellationToken);

        var unknown = await ExplainAsync(postgres, SslMode.VerifyCA, null);
        var otherName = await ExplainAsync(postgres, SslMode.VerifyFull, folder["server.crt"]);

        using (Assert.EnterMultipleScope())
        {
            foreach (var e in new[] { unknown, otherName })
            {
                Assert.That(e.Problem, Is.EqualTo(ConnectionProblem.EncryptionFailed), e.ToString());
                Assert.That(e.Message, Does.Contain("certificate").IgnoreCase.And.Contain("Root Certificate").And.Contain("SSL Mode"));
                Exception innermost = e;
                while (innermost.InnerException is { } inner)
                    innermost = inner;
                Assert.That(e.Message, Does.Contain(innermost.Message));
            }
        }
    }

    private static async Task<DatabaseConnectionException> ExplainAsync(LocalPostgres postgres, SslMode mode, string? rootCertificate)
    {
        var connection = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { SslMode = mode, RootCertificate = rootCertificate };
        await using var dataSource = NpgsqlDataSource.Create(connection);
        return (await Assert.ThrowsAsync<DatabaseConnectionException>(() => new VideoManager(dataSource).ListVideosAsync()))!;
    }
}
