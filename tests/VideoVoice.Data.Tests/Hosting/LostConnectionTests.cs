using Microsoft.Extensions.Logging;
using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hosting;

public sealed class LostConnectionTests : WorkerTest
{
    [Test]
    public async Task A_synthesized_request_is_stored_when_the_database_is_back()
    {
        var video = await CreateVideoAsync("synthesized once");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(30), Through(proxy));
        var synthesis = await synthesizer.NextAsync(Token);

        await proxy.CutAsync();
        synthesis.Finish();
        await UntilAsync(() => Logged(105) >= 3, "The worker did not notice.");
        Assert.That((await OnlyVoiceAsync(video)).Status, Is.EqualTo(VoiceStatus.Processing));
        proxy.Restore();

        var voice = await OnlyVoiceAsync(video, VoiceStatus.Completed);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((voice.Attempt, voice.OutputAudioPath), Is.EqualTo((1, "/synthesized once-1.wav")));
            Assert.That(synthesizer.Begun, Is.EqualTo(1));
        }

        await CreateVideoAsync("after that");
        Assert.That((await synthesizer.NextAsync(Token)).Request.TextContent, Is.EqualTo("after that"));
    }

    [Test]
    public async Task An_error_is_stored_when_the_database_is_back()
    {
        var video = await CreateVideoAsync("failed once");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, null, Through(proxy));
        var synthesis = await synthesizer.NextAsync(Token);

        await proxy.CutAsync();
        synthesis.Throw(new InvalidOperationException("No such voice."));
        await UntilAsync(() => Logged(105) >= 2, "The worker did not notice.");
        proxy.Restore();

        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Pending)).ErrorMessage, Is.EqualTo("No such voice."));
    }

    [Test]
    public async Task The_lease_outlives_a_short_absence_of_the_database()
    {
        var video = await CreateVideoAsync("kept");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, o => o.LeaseDuration = TimeSpan.FromSeconds(1), Through(proxy));
        var synthesis = await synthesizer.NextAsync(Token);
        await proxy.CutAsync();
        await UntilAsync(() => Logged(105) >= 2, "The worker did not notice.");

        proxy.Restore();

        var heartbeats = Heartbeats();
        await UntilAsync(() => Heartbeats() > heartbeats, "There is no heartbeat.");
        synthesis.Finish();
        Assert.That((await OnlyVoiceAsync(video, VoiceStatus.Completed)).Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task A_worker_that_starts_without_a_database_begins_when_it_is_there_and_warns_once_of_each()
    {
        var video = await CreateVideoAsync("waits");
        await using var proxy = Proxy();
        await proxy.CutAsync();
        var synthesizer = new ControlledSynthesizer();
        await StartWorkerAsync(synthesizer, null, Through(proxy));
        await UntilAsync(() => Logged(105) >= 4, "The worker did not notice.");

        proxy.Restore();

        (await synthesizer.NextAsync(Token)).Finish();
        await OnlyVoiceAsync(video, VoiceStatus.Completed);
        Assert.That(Log.Entries.Where(e => e.Category == "VideoVoice.Data").Select(e => (e.Event.Id, e.Level)), Is.EqualTo(new[] { (6, LogLevel.Warning), (7, LogLevel.Warning) }));
        Assert.That(Log.Text, Does.Not.Contain("-- What one claim took"), "A claim that was not sent took nothing that is to be read back.");
    }

    [Test]
    public async Task A_host_stops_while_the_database_is_away()
    {
        var video = await CreateVideoAsync("unheard");
        await using var proxy = Proxy();
        var synthesizer = new ControlledSynthesizer();
        var host = await StartWorkerAsync(synthesizer, o => o.Concurrency = 2, Through(proxy));
        var synthesis = await synthesizer.NextAsync(Token);
        await proxy.CutAsync();
        synthesis.Finish();
        await UntilAsync(() => Logged(105) >= 1, "The worker did not notice.");

        await host.StopAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(15), Token);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Logged(101), Is.EqualTo(1), "It stopped in order.");
            Assert.That(Logged(108), Is.EqualTo(1), "It says what it could not give back.");
            Assert.That((await OnlyVoiceAsync(video)).Status, Is.EqualTo(VoiceStatus.Processing), "until the lease ends");
        }
    }

    private TcpProxy Proxy()
    {
        var server = new NpgsqlConnectionStringBuilder(ConnectionString);
        return new TcpProxy(server.Host!, server.Port);
    }

    private string Through(TcpProxy proxy) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Host = "127.0.0.1", Port = proxy.Port, SslMode = SslMode.Disable }.ConnectionString;
}
