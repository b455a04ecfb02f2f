using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>
/// Stands before a server, so that a test can take it away: connections break and new ones are refused; those that there are go silent without closing; or
/// an answer is cut after some of its bytes.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    private readonly ConcurrentDictionary<Link, bool> _links = new();
    private readonly Lock _listening = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    internal TcpProxy(string host, int port)
    {
        _server = new IPEndPoint(IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0], port);
        Restore();
    }

    internal int Port { get; private set; }

    /// <summary>Accepts connections again; of two faults that cut it at the same time the first one to end does so for both.</summary>
    internal void Restore()
    {
        lock (_listening)
        {
            if (_listener is not null)
                return;

            var listener = new TcpListener(IPAddress.Loopback, Port);
            listener.Start();
            _listener = listener;
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            _accepting = AcceptAsync(listener);
        }
    }

    /// <param name="keepSilent">Whether connections that are silent stay open, and only new ones are refused.</param>
    internal async Task CutAsync(bool keepSilent = false)
    {
        Task accepting;
        lock (_listening)
        {
            _listener?.Dispose();
            _listener = null;
            accepting = _accepting;
        }

        await accepting;
        foreach (var client in keepSilent ? [] : _clients.Keys)
            client.Dispose();
    }

    /// <summary>The connections that there are pass nothing on any more, and are not closed.</summary>
    internal void Silence()
    {
        foreach (var link in _links.Keys)
            link.Silent = true;
    }

    /// <summary>The next answer on any connection is cut after so many bytes, with a reset; what the client has sent has reached the server.</summary>
    /// <param name="bytes">Null lets all pass again.</param>
    internal void CutAnswerAfter(int? bytes)
    {
        foreach (var link in _links.Keys)
            link.Answers.CutAfter = bytes;
    }

    /// <summary>The next request on any connection is cut after so many bytes, with a reset.</summary>
    internal void CutRequestAfter(int? bytes)
    {
        foreach (var link in _links.Keys)
            link.Requests.CutAfter = bytes;
    }

    /// <summary>How much later all passes on, in both directions.</summary>
    internal TimeSpan Delay { get; set; }

    /// <summary>How many bytes of answers have passed.</summary>
    internal long Answered => Interlocked.Read(ref _answered);

    private long _answered;

    public async ValueTask DisposeAsync() => await CutAsync();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = Keep(await listener.AcceptTcpClientAsync());
                _ = ForwardAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        var link = new Link();
        _links[link] = true;
        using var server = Keep(new TcpClient(_server.AddressFamily));
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server);
                // Both before the first copy begins: without the second, nobody would observe how the first ends.
                var (near, far) = (client.GetStream(), server.GetStream());
                var requests = CopyAsync(near, far, link, link.Requests, client);
                var answers = CopyAsync(far, near, link, link.Answers, client);
                await Task.WhenAny(requests, answers);
                // The end of one ends the other, with an error that says nothing.
                _ = Task.WhenAll(requests, answers).ContinueWith(static both => _ = both.Exception, TaskScheduler.Default);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // Cut.
            }
        }

        _links.TryRemove(link, out _);
        _clients.TryRemove(client, out _);
        _clients.TryRemove(server, out _);
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Link link, Way way, TcpClient client)
    {
        var buffer = new byte[16_384];
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
        {
            if (link.Silent)
                continue;

            if (Delay > TimeSpan.Zero)
                await Task.Delay(Delay);

            if (way.CutAfter is { } left)
            {
                if (read >= left)
                {
                    await to.WriteAsync(buffer.AsMemory(0, left));
                    // An answer is cut not before the server is done with what it was sent. With a reset.
                    client.Client.LingerState = new LingerOption(true, 0);
                    return;
                }

                way.CutAfter = left - read;
            }

            if (way == link.Answers)
                Interlocked.Add(ref _answered, read);
            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    private TcpClient Keep(TcpClient client)
    {
        client.NoDelay = true;
        _clients[client] = true;
        return client;
    }

    private sealed class Link
    {
        internal volatile bool Silent;

        internal Way Requests { get; } = new();

        internal Way Answers { get; } = new();
    }

    private sealed class Way
    {
        internal int? CutAfter { get; set; }
    }
}
