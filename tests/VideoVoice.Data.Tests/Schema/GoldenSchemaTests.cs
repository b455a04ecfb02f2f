using NUnit.Framework;

namespace VideoVoice.Data.Tests.Schema;

/// <summary>sql/schema.sql shows what the migrations add up to. VIDEOVOICE_UPDATE_GOLDEN=1 makes this test write it.</summary>
public sealed class GoldenSchemaTests : DatabaseTest
{
    private const string Golden = "sql/schema.sql";

    private const string Header = """
        -- Read this first: the schema after all migrations, as pg_dump shows it. Never edited and not embedded; a test compares it.
        -- Made by: VIDEOVOICE_UPDATE_GOLDEN=1 dotnet test tests/VideoVoice.Data.Tests --filter GoldenSchemaTests


        """;

    [Test]
    public async Task The_golden_dump_is_what_the_migrations_make()
    {
        var dump = await SchemaDump.ReadAsync(ConnectionString, Token);
        if (Environment.GetEnvironmentVariable("VIDEOVOICE_UPDATE_GOLDEN") == "1")
            await File.WriteAllTextAsync(Repository.PathOf(Golden), Header.ReplaceLineEndings("\n") + dump, Token);

        Assert.That(dump, Is.EqualTo(SchemaDump.Normalise(Repository.Read(Golden))), "When a migration was added on purpose, run this test with VIDEOVOICE_UPDATE_GOLDEN=1.");
    }
}
