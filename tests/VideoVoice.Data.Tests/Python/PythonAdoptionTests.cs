using NUnit.Framework;
using VideoVoice.Data.Tests.Schema;

namespace VideoVoice.Data.Tests.Python;

/// <summary>The database is adopted while Python processes work on it, and none of them notices.</summary>
[CancelAfter(120_000)]
public sealed class PythonAdoptionTests : PythonDatabaseTest
{
    private const int Lines = 150;

    [SetUp]
    public void RequirePython() => PythonService.Require();

    [TestCase("UTC")]
    [TestCase("America/Sao_Paulo")]
    public async Task Generators_and_a_cloner_go_on_through_it(string zone)
    {
        using var cloner = PythonService.Start(ConnectionString, "clone");
        await cloner.ReadLineAsync(Token);
        using var first = PythonService.Start(ConnectionString, "generate", $"{Lines}");
        Assert.That(await first.ReadLineAsync(Token), Is.EqualTo("created"));
        using var second = PythonService.Start(ConnectionString, "generate", $"{Lines}");

        var result = await AdoptAsync(zone, zone);
        var open = await ScalarAsync<long>("select count(*) from voices where status in ('pending', 'processing')");

        Assert.That(await second.ReadLineAsync(Token), Is.EqualTo("created"));
        foreach (var generator in new[] { first, second })
        {
            var lines = new List<string>();
            for (var i = 0; i < Lines; i++)
                lines.Add((await generator.ReadLineAsync(Token)).Split(' ')[0]);
            Assert.That(lines, Is.EquivalentTo(Enumerable.Range(0, Lines).Select(i => $"{i}")));
        }

        await cloner.WriteLineAsync("stop");
        await cloner.ReadLineAsync(Token);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Version, Is.EqualTo(SchemaInitializer.LatestVersion));
            Assert.That(open, Is.Positive, "The cloner was done before the adoption.");
            Assert.That((await Status.GetTotalsAsync(cancellationToken: Token)).LateWrites, Is.Zero);
        }
    }
}
