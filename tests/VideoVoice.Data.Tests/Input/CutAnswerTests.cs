using System.Data;
using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Tests.Hosting;

namespace VideoVoice.Data.Tests.Input;

/// <summary>The answer to every method is cut at every place: what comes out is a lost connection or the whole result, and the next call works.</summary>
[CancelAfter(120_000)]
public sealed class CutAnswerTests : DatabaseTest
{
    private const int Step = 20;

    private static IEnumerable<string> Methods => ManagerMethods.All;

    [TestCaseSource(nameof(Methods))]
    public async Task A_connection_that_breaks_in_the_middle_of_an_answer_is_a_lost_connection(string method)
    {
        var server = new NpgsqlConnectionStringBuilder(ConnectionString);
        await using var proxy = new TcpProxy(server.Host!, server.Port);
        var through = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Host = "127.0.0.1",
            Port = proxy.Port,
            SslMode = SslMode.Disable,
            MaxPoolSize = 1,
            MaxAutoPrepare = 50,
            NoResetOnClose = true,
        };
        await using var dataSource = NpgsqlDataSource.Create(through);

        // Until the statement is prepared, so that the answer is what it always is.
        for (var i = 0; i < 6; i++)
            await CallAsync();
        var before = proxy.Answered;
        await CallAsync();
        var length = (int)(proxy.Answered - before);
        var broken = 0;

        for (var bytes = 0; bytes < length; bytes += Step)
        {
            proxy.CutAnswerAfter(bytes);
            try
            {
                await CallAsync();
            }
            catch (Exception e)
            {
                broken++;
                Assert.That(ConnectionLoss.IsCauseOf(e) && e is not DataException, Is.True, $"after {bytes} of {length} bytes: {e}");
            }

            proxy.CutAnswerAfter(null);
            await CallAsync();
        }

        Assert.That(broken, Is.GreaterThan(0));

        // A world of its own for each call, made past the proxy: what one has finished or deleted the next cannot.
        async Task CallAsync() => await ManagerMethods.CallAsync(method, dataSource, await World.CreateAsync(DataSource), null, Token);
    }
}
