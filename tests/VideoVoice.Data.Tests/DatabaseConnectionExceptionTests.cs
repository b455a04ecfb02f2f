using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests;

public sealed class DatabaseConnectionExceptionTests : DatabaseTest
{
    private const string Password = "correct-horse-battery";

    private string _role = null!;

    protected override bool NeedsPasswords => true;

    /// <summary>A user of its own, because a superuser is never refused.</summary>
    [SetUp]
    public async Task CreateRoleAsync()
    {
        _role = $"role_{Guid.NewGuid():N}";
        await SqlAsync($"create role {_role} login password '{Password}'");
    }

    [TearDown]
    public Task DropRoleAsync() => SqlAsync($"drop owned by {_role}; drop role {_role}");

    [Test]
    public async Task A_user_who_may_connect_gets_no_exception()
    {
        await SqlAsync($"grant select on videos to {_role}");
        await using var dataSource = Source();

        Assert.That(await new VideoManager(dataSource).ListVideosAsync(cancellationToken: Token), Is.Empty);
    }

    [Test]
    public async Task A_refused_port_is_named_with_what_to_start_or_correct()
    {
        var e = await ExplainAsync(c => c.Port = 1);

        AssertExplains(e, ConnectionProblem.ConnectionRefused, ":1.", "Start the service", "correct the host and port");
    }

    [Test]
    public async Task A_wrong_password_is_named_without_saying_it()
    {
        var e = await ExplainAsync(c => c.Password = Password + "-wrong");

        AssertExplains(e, ConnectionProblem.AuthenticationFailed, _role, "Verify the user's name and password", "pg_hba.conf");
    }

    [Test]
    public async Task A_password_that_is_missing_is_a_problem_of_the_user()
    {
        var e = await ExplainAsync(c => c.Password = null);

        AssertExplains(e, ConnectionProblem.AuthenticationFailed, _role, "Verify the user's name and password");
    }

    [Test]
    public async Task A_missing_database_is_named_with_what_creates_it()
    {
        var e = await ExplainAsync(c => c.Database = "missing_" + _role);

        AssertExplains(e, ConnectionProblem.DatabaseNotFound, "missing_" + _role, "SchemaInitializer.InitializeAsync");
    }

    [Test]
    public async Task A_user_who_may_not_connect_is_named_with_the_grant()
    {
        var database = new NpgsqlConnectionStringBuilder(ConnectionString).Database!;
        await SqlAsync($"revoke connect on database \"{database}\" from public");

        var e = await ExplainAsync(_ => { });

        AssertExplains(e, ConnectionProblem.PermissionDenied, $"grant connect on database \"{database}\" to \"{_role}\"");
    }

    [Test]
    public async Task A_role_s_own_limit_is_named_and_not_the_server_s()
    {
        await SqlAsync($"alter role {_role} connection limit 0");

        var e = await ExplainAsync(_ => { });

        AssertExplains(e, ConnectionProblem.TooManyConnections, "connection limit", "too many connections for role", "Maximum Pool Size");
        Assert.That(e.Message, Does.Not.Contain("max_connections"));
    }

    [Test]
    public async Task A_database_s_own_limit_is_named_and_not_the_server_s()
    {
        await SqlAsync($"alter database \"{new NpgsqlConnectionStringBuilder(ConnectionString).Database}\" connection limit 0");

        var e = await ExplainAsync(_ => { });

        AssertExplains(e, ConnectionProblem.TooManyConnections, "connection limit", "too many connections for database");
        Assert.That(e.Message, Does.Not.Contain("max_connections"));
    }

    [Test]
    public async Task A_host_without_an_address_is_not_a_stopped_server()
    {
        var e = await ExplainAsync(c => c.Host = "no-such-host.invalid");

        AssertExplains(e, ConnectionProblem.HostNotFound, "no-such-host.invalid", "Correct Host");
    }

    [Test]
    public async Task A_server_without_TLS_is_a_problem_of_the_encryption()
    {
        var e = await ExplainAsync(c => c.SslMode = SslMode.Require);

        AssertExplains(e, ConnectionProblem.EncryptionFailed, "SSL Mode");
    }

    [Test]
    public async Task A_Passfile_that_is_missing_is_a_problem_of_the_connection()
    {
        var e = await ExplainAsync(c => (c.Password, c.Passfile) = (null, "/no/such/file"));

        Assert.That(e.Problem, Is.EqualTo(ConnectionProblem.AuthenticationFailed).Or.EqualTo(ConnectionProblem.Other));
    }

    [Test]
    public async Task A_pool_without_a_free_connection_says_so()
    {
        await using var dataSource = Source(c => (c.Pooling, c.MaxPoolSize, c.Timeout) = (true, 1, 1));
        await using var taken = await dataSource.OpenConnectionAsync(Token);

        var e = await ExplainAsync(dataSource);

        AssertExplains(e, ConnectionProblem.TooManyConnections, "max_connections", "Maximum Pool Size");
    }

    [Test]
    public async Task Errors_of_the_statement_pass_through_untouched()
    {
        await using var dataSource = Source();

        await Assert.ThatAsync(
            () => new VideoManager(dataSource).ListVideosAsync(cancellationToken: Token),
            Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InsufficientPrivilege));
    }

    private static void AssertExplains(DatabaseConnectionException e, ConnectionProblem problem, params string[] words)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(e.Problem, Is.EqualTo(problem));
            Assert.That(e.InnerException, Is.Not.Null);
            foreach (var word in words)
                Assert.That(e.Message, Does.Contain(word));
            Assert.That(e.ToString(), Does.Not.Contain(Password));
            Assert.That(e.Data.Values.Cast<object?>().Concat(e.InnerException!.Data.Values.Cast<object?>()).Select(v => $"{v}"), Has.None.Contains(Password));
        }
    }

    private NpgsqlDataSource Source(Action<NpgsqlConnectionStringBuilder>? change = null)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString) { Username = _role, Password = Password, Pooling = false };
        change?.Invoke(connection);
        return NpgsqlDataSource.Create(connection);
    }

    private async Task<DatabaseConnectionException> ExplainAsync(Action<NpgsqlConnectionStringBuilder> change)
    {
        await using var dataSource = Source(change);
        return await ExplainAsync(dataSource);
    }

    private static async Task<DatabaseConnectionException> ExplainAsync(NpgsqlDataSource dataSource) =>
        (await Assert.ThrowsAsync<DatabaseConnectionException>(() => new VideoManager(dataSource).ListVideosAsync(cancellationToken: Token)))!;
}
