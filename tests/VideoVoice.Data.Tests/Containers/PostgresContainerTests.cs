using DotNet.Testcontainers.Builders;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Containers;

[TestFixture]
internal sealed class PostgresContainerTests
{
    [Test]
    public async Task A_container_answers_with_the_version_of_its_image()
    {
        var (connectionString, container) = await StartOrIgnoreAsync();
        await using (container)
        {
            await using var dataSource = NpgsqlDataSource.Create(connectionString);
            await using var command = dataSource.CreateCommand("SELECT version()");

            Assert.That(await command.ExecuteScalarAsync(), Does.StartWith("PostgreSQL 17."));
        }
    }

    private static async Task<(string ConnectionString, IAsyncDisposable Container)> StartOrIgnoreAsync()
    {
        try
        {
            return await PostgresContainer.StartAsync();
        }
        catch (DockerUnavailableException)
        {
            Assert.Ignore("No Docker engine answers: install Docker and start it, then run the tests again.");
            throw;
        }
    }
}
