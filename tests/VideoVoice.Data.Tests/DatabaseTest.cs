using Dapper;
using Npgsql;
using NUnit.Framework;
using NUnit.Framework.Interfaces;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests;

/// <summary>A test with a database of its own as the initializer leaves it, and with the managers on it.</summary>
public abstract class DatabaseTest
{
    private protected static TimeSpan TearDownLimit { get; } = TimeSpan.FromSeconds(60);

    private TestDatabase _database = null!;

    protected string ConnectionString => _database.ConnectionString;

    protected NpgsqlDataSource DataSource => _database.DataSource;

#pragma warning disable NUnit1032 // The tear-down disposes of both, with a time limit, which the analyzer does not see through.
    protected VoiceManager Voices { get; private set; } = null!;

    protected VideoManager Videos { get; private set; } = null!;
#pragma warning restore NUnit1032

    protected VoiceMappingManager VoiceMappings { get; private set; } = null!;

    protected SettingManager Settings { get; private set; } = null!;

    protected StatusManager Status { get; private set; } = null!;

    /// <summary>Ends the waits of a test that hangs.</summary>
    protected static CancellationToken Token => TestContext.CurrentContext.CancellationToken;

    /// <summary>False for tests that need an empty database.</summary>
    protected virtual bool Initialized => true;

    /// <summary>True for tests in which a server refuses passwords.</summary>
    protected virtual bool NeedsPasswords => false;

    /// <summary>The clock of <see cref="Voices"/>.</summary>
    protected virtual TimeProvider Time => TimeProvider.System;

    [SetUp]
    public async Task CreateDatabaseAsync()
    {
        var server = await (NeedsPasswords ? PostgresServer.GetStrictAsync() : PostgresServer.GetAsync());
        _database = await (Initialized ? TestDatabase.TakeAsync(server) : TestDatabase.CreateEmptyAsync(server));
        Videos = new VideoManager(DataSource);
        Voices = new VoiceManager(new Database(DataSource, time: Time), new VideoVoiceOptions(), notifier: null, logger: null);
        VoiceMappings = new VoiceMappingManager(DataSource);
        Settings = new SettingManager(DataSource);
        Status = new StatusManager(DataSource);
    }

    [TearDown]
    public async Task DropDatabaseAsync()
    {
        // A tear-down has an end, too: what does not stop in time fails the test by its name.
        await Voices.DisposeAsync().AsTask().WaitAsync(TearDownLimit);
        await Videos.DisposeAsync().AsTask().WaitAsync(TearDownLimit);
        await _database.ReturnAsync(Initialized && TestContext.CurrentContext.Result.Outcome.Status is TestStatus.Passed).WaitAsync(TearDownLimit);
    }

    /// <summary>Runs SQL that a test needs around the library, such as what a Python service would send.</summary>
    protected async Task<int> SqlAsync(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        return await connection.ExecuteAsync(sql, parameters);
    }

    protected async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    /// <summary>A video with one pending request for each text, all of the character Aluno.</summary>
    protected async Task<Guid> CreateVideoAsync(params string[] texts)
    {
        var video = await Videos.CreateVideoAsync("Video", cancellationToken: Token);
        await Voices.CreateVoiceRequestsAsync(video, [.. texts.Select(text => new NewVoiceRequest("Aluno", text))], cancellationToken: Token);
        return video;
    }

    /// <summary>Records each transition to completed, whoever makes it, in a table completions.</summary>
    protected Task<int> CountCompletionsAsync() => SqlAsync("""
        create table completions (voice_id uuid not null, attempt integer not null);
        create function count_completion() returns trigger language plpgsql as $$
        begin
            insert into completions values (new.id, new.attempt);
            return null;
        end $$;
        create trigger count_completion after update on voices for each row when (new.status = 'completed') execute function count_completion();
        """);
}
