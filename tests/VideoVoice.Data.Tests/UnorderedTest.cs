using Npgsql;
using NUnit.Framework;
using VideoVoice.Data.Internal;
using VideoVoice.Data.Registration;
using VideoVoice.Data.Tests.Voices;

namespace VideoVoice.Data.Tests;

/// <summary>
/// A test of order whose sessions use no index and hash what they join: rows come in the order of the table's pages, which is the one that the test wrote them in, so
/// that only ORDER BY can give another.
/// </summary>
public abstract class UnorderedTest : QueueTest
{
    protected VoiceManager UnorderedVoices { get; private set; } = null!;

    protected VideoManager UnorderedVideos { get; private set; } = null!;

    private protected Database Unordered { get; private set; } = null!;

    [SetUp]
    public void OpenWithoutIndexes()
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString) { Options = "-c enable_indexscan=off -c enable_indexonlyscan=off -c enable_seqscan=on -c enable_hashagg=off -c enable_nestloop=off -c enable_mergejoin=off" };
        var dataSource = DataSources.Create(new VideoVoiceOptions { ConnectionString = settings.ConnectionString }, null);
        Unordered = new Database(dataSource, time: Time);
        UnorderedVoices = new VoiceManager(Unordered, new VideoVoiceOptions(), notifier: null, logger: null);
        UnorderedVideos = new VideoManager(dataSource);
    }

    [TearDown]
    public async Task CloseWithoutIndexesAsync()
    {
        await UnorderedVoices.DisposeAsync();
        await UnorderedVideos.DisposeAsync();
        await Unordered.DataSource.DisposeAsync();
    }
}
