using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>The proxy of the other tests, and of the faults of the long runs, of which two may cut it at the same time.</summary>
[CancelAfter(30_000)]
public sealed class TcpProxyTests
{
    [Test]
    public async Task Two_that_cut_and_restore_it_at_the_same_time_leave_it_whole()
    {
        var token = TestContext.CurrentContext.CancellationToken;
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var proxy = new TcpProxy("127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port);

        await proxy.CutAsync();
        await proxy.CutAsync().WaitAsync(token);
        proxy.Restore();
        proxy.Restore();

        using (var client = new TcpClient())
            await client.ConnectAsync(IPAddress.Loopback, proxy.Port, token);
        await proxy.CutAsync().WaitAsync(token);
        using var refused = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(async () => await refused.ConnectAsync(IPAddress.Loopback, proxy.Port, token));
    }
}
