using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VideoVoice.Data.Tests.Hosting;

/// <summary>Stands before a server, so that a test can take it away: connections break and new ones are refused.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    internal TcpProxy(string host, int port)
    {
        _server = new IPEndPoint(IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0], port);
        Restore();
    }

    internal int Port { get; private set; }

    internal void Restore()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    internal async Task CutAsync()
    {
        _listener?.Dispose();
        await _accepting;
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

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
        using var server = Keep(new TcpClient(_server.AddressFamily));
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream()),
                    server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // Cut.
            }
        }

        _clients.TryRemove(client, out _);
        _clients.TryRemove(server, out _);
    }

    private TcpClient Keep(TcpClient client)
    {
        client.NoDelay = true;
        _clients[client] = true;
        return client;
    }
}
