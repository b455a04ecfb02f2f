using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Schema;

namespace VideoVoice.Data.Tests.Schema;

public sealed class EmptyDatabaseTests : DatabaseTest
{
    protected override bool Initialized => false;

    [Test]
    public async Task An_empty_database_gets_every_migration_in_order_and_the_first_rows()
    {
        using var log = new LogCapture();
        var initializer = new SchemaInitializer(DataSource, null, new Logger<SchemaInitializer>(log));
        var before = await initializer.GetSchemaVersionAsync(Token);

        var result = await initializer.InitializeAsync(Token);

        var mappings = await VoiceMappings.ListVoiceMappingsAsync(cancellationToken: Token);
        var settings = await Settings.ListSettingsAsync(cancellationToken: Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(before, Is.Zero);
            Assert.That(result.DatabaseCreated, Is.False);
            Assert.That(result.Applied, Is.EqualTo(Migration.All.Select(m => m.Name)));
            Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(await initializer.GetSchemaVersionAsync(Token), Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(log.Entries.Select(e => (e.Event.Id, e.Level)), Is.EqualTo(Migration.All.Select(_ => (2, LogLevel.Information))));
            Assert.That(mappings.Select(m => (m.VoiceId, m.VoiceName, m.VoiceFile, m.Gender, m.Language, m.Quality, m.IsDefault)), Is.EqualTo(new[]
            {
                ("default", "Default Voice", "voices/Vídeo sem título ‐ Feito com o Clipchamp.wav", "female", "pt-br", "medium", true),
                ("aluno", "Student Voice", "voices/voz_aluno_lucas.wav", "male", "pt-br", "high", false),
                ("professora", "Teacher Voice", "voices/voz_referencia_convertida_ffmpeg.wav", "female", "pt-br", "high", false),
            }));
            Assert.That(settings.Select(s => $"{s.SettingKey}={s.SettingValue}"), Is.EqualTo(new[]
            {
                "auto_detect_voices=true", "default_language=pt-br", "fallback_to_default=true", "voice_quality_threshold=medium",
            }));
        }
    }

    [TestCase("repeatable read")]
    [TestCase("serializable")]
    public async Task A_data_source_of_a_higher_isolation_level_initializes_as_well(string level)
    {
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Options = $"-c default_transaction_isolation={level.Replace(" ", "\\ ", StringComparison.Ordinal)}",
            Pooling = false,
        });

        var result = await new SchemaInitializer(dataSource).InitializeAsync(Token).WaitAsync(TimeSpan.FromSeconds(25), Token);

        Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
    }

    [Test]
    public void The_migrations_are_numbered_from_1_without_a_gap() =>
        Assert.That(Migration.All.Select(m => m.Version), Is.EqualTo(Enumerable.Range(1, Migration.All.Count)));

    [Test]
    public async Task Cancelling_leaves_no_migration_half_applied()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => new SchemaInitializer(DataSource).InitializeAsync(cancelled.Token));

        Assert.That(await ScalarAsync<long>("select count(*) from pg_class where relnamespace = 'public'::regnamespace"), Is.Zero);
    }

    [Test]
    public async Task Two_schemas_of_one_database_are_independent_and_take_any_name()
    {
        const string tenant = "te\"nant, Nº 1";
        await using var first = DataSources.Create(new VideoVoiceOptions { ConnectionString = ConnectionString, Schema = tenant }, null);
        await using var second = DataSources.Create(new VideoVoiceOptions { ConnectionString = ConnectionString, Schema = "Second" }, null);

        await new SchemaInitializer(first, new VideoVoiceOptions { Schema = tenant }).InitializeAsync(Token);
        var id = await new VideoManager(first).CreateVideoAsync("Of the first", cancellationToken: Token);
        var secondResult = await new SchemaInitializer(second, new VideoVoiceOptions { Schema = "Second" }).InitializeAsync(Token);
        var again = await new SchemaInitializer(first, new VideoVoiceOptions { Schema = tenant }).InitializeAsync(Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(secondResult.Applied, Is.EqualTo(Migration.All.Select(m => m.Name)));
            Assert.That(again.Applied, Is.Empty);
            Assert.That(await new VideoManager(first).GetVideoAsync(id, cancellationToken: Token), Is.Not.Null);
            Assert.That(await new VideoManager(second).GetVideoAsync(id, cancellationToken: Token), Is.Null);
            Assert.That(await ScalarAsync<string>("select string_agg(schemaname, ' | ' order by schemaname collate \"C\") from pg_tables where tablename = 'videos'"), Is.EqualTo($"Second | {tenant}"));
            Assert.That(await ScalarAsync<long>("select count(*) from pg_class where relnamespace = 'public'::regnamespace"), Is.Zero);
        }
    }

    [Test]
    public async Task Of_8_initializers_of_one_schema_at_once_one_applies_each_migration()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => MissingDatabase.InitializeAsync(ConnectionString, new VideoVoiceOptions { Schema = "tenant" }), Token)));

        Assert.That(results.SelectMany(r => r.Applied).Order(StringComparer.Ordinal), Is.EqualTo(Migration.All.Select(m => m.Name)));
    }
}
