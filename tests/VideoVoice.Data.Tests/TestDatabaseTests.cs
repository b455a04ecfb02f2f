using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests;

/// <summary>What one test leaves behind besides rows must not meet the next.</summary>
public sealed class TestDatabaseTests
{
    [TestCase("alter table videos add column extra integer")]
    [TestCase("alter table videos disable trigger all")]
    [TestCase("create function extra() returns integer language sql as 'select 1'")]
    [TestCase("drop index idx_voices_claim")]
    [TestCase("grant select on videos to public")]
    [TestCase("insert into videovoice_migrations (version, name) values (9999, 'extra')")]
    [TestCase("do $$ begin execute format('alter database %I set work_mem = ''1MB''', current_database()); end $$")]
    public async Task A_database_that_is_another_than_before_is_dropped(string change)
    {
        var database = await TestDatabase.TakeAsync(await PostgresServer.GetAsync());
        await using (var command = database.DataSource.CreateCommand(change))
            await command.ExecuteNonQueryAsync();

        Assert.That(await database.ReturnAsync(reusable: true), Is.False);
    }

    [Test]
    public async Task A_database_in_which_a_transaction_is_open_is_dropped()
    {
        var database = await TestDatabase.TakeAsync(await PostgresServer.GetAsync());
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("select 1", connection, transaction))
            await command.ExecuteNonQueryAsync();

        Assert.That(await database.ReturnAsync(reusable: true), Is.False);
    }

    [Test]
    public async Task A_database_whose_rows_alone_have_changed_is_kept()
    {
        var database = await TestDatabase.TakeAsync(await PostgresServer.GetAsync());
        await using (var command = database.DataSource.CreateCommand("insert into videos (title) values ('Video'); delete from voice_mappings; analyze videos"))
            await command.ExecuteNonQueryAsync();

        Assert.That(await database.ReturnAsync(reusable: true), Is.True);
    }
}
