using Testcontainers.PostgreSql;

namespace VideoVoice.Data.Tests.Containers;

/// <summary>A PostgreSQL server in a container of its own, for what the installed binaries cannot show.</summary>
internal static class PostgresContainer
{
    public const string Image = "postgres:17-alpine";

    /// <exception cref="DotNet.Testcontainers.Builders.DockerUnavailableException">No Docker engine answers.</exception>
    public static async Task<(string ConnectionString, IAsyncDisposable Container)> StartAsync(CancellationToken cancellationToken = default)
    {
        var container = new PostgreSqlBuilder(Image).WithPassword(Guid.NewGuid().ToString("N")).WithCommand("-c", "max_connections=200").Build();
        try
        {
            await container.StartAsync(cancellationToken);
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }

        return (container.GetConnectionString(), container);
    }
}
