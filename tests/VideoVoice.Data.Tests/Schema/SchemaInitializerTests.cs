using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Schema;

public sealed class SchemaInitializerTests : DatabaseTest
{
    [Test]
    public async Task A_current_schema_is_left_alone()
    {
        var before = await SchemaState.ReadAsync(ConnectionString, withRows: true, Token);

        var result = await new SchemaInitializer(DataSource).InitializeAsync(Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.DatabaseCreated, Is.False);
            Assert.That(result.Applied, Is.Empty);
            Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(result.LatestVersion, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(await SchemaState.ReadAsync(ConnectionString, withRows: true, Token), Is.EqualTo(before));
        }
    }

    [Test]
    public async Task A_current_schema_costs_one_query()
    {
        using var log = new LogCapture();
        var builder = new NpgsqlDataSourceBuilder(ConnectionString);
        builder.UseLoggerFactory(log);
        await using var dataSource = builder.Build();

        // The first connection of a data source asks the server for its types.
        await (await dataSource.OpenConnectionAsync(Token)).DisposeAsync();
        log.Clear();

        await new SchemaInitializer(dataSource).InitializeAsync(Token);

        var commands = log.Entries.Where(e => e.Event.Name is "CommandExecutionCompleted" or "BatchExecutionCompleted").ToList();
        Assert.That(commands, Has.Count.EqualTo(1), log.Text);
        Assert.That(commands[0].Message, Does.Contain("max(version)").And.Not.Contain("lock"));
    }

    [Test]
    public async Task A_current_schema_is_confirmed_while_another_holds_the_lock()
    {
        await using var connection = await DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand(Statements.Get("schema/lock_schema"), connection, transaction);
        await command.ExecuteNonQueryAsync(Token);

        var result = await new SchemaInitializer(DataSource).InitializeAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.That(result.Applied, Is.Empty);
    }

    [Test]
    public async Task A_newer_schema_is_accepted_with_a_warning()
    {
        var newer = SchemaInitializer.LatestVersion + 1;
        await SqlAsync("insert into videovoice_migrations (version, name) values (@newer, 'of_a_newer_library')", new { newer });
        using var log = new LogCapture();

        var result = await new SchemaInitializer(DataSource, null, new Logger<SchemaInitializer>(log)).InitializeAsync(Token);

        var warning = log.Entries.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Version, Is.EqualTo(newer));
            Assert.That(result.LatestVersion, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(result.Applied, Is.Empty);
            Assert.That((warning.Level, warning.Event.Id), Is.EqualTo((LogLevel.Warning, 3)));
            Assert.That(warning.Message, Does.Contain($"{newer}").And.Contain($"{SchemaInitializer.LatestVersion}"));
            Assert.That(await Videos.CreateVideoAsync("Goes on", cancellationToken: Token), Is.Not.EqualTo(Guid.Empty));
        }
    }

    [Test]
    public async Task The_first_rows_are_put_in_once_and_not_put_back()
    {
        await VoiceMappings.DeleteVoiceMappingAsync("aluno", cancellationToken: Token);
        await Settings.DeleteSettingAsync("auto_detect_voices", cancellationToken: Token);
        await SqlAsync("delete from videovoice_migrations; drop view video_processing_status; drop function resolve_voice_mapping;");

        // As on a database that was restored without its record of migrations: 0001 runs again.
        await SqlAsync(Statements.Get("migrations/0001_database_utils"));

        Assert.That(await VoiceMappings.GetVoiceMappingAsync("aluno", cancellationToken: Token), Is.Null);
        Assert.That(await Settings.GetSettingAsync("auto_detect_voices", cancellationToken: Token), Is.Null);
    }
}
