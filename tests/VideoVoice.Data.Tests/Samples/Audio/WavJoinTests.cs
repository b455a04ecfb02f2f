using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

public sealed class WavJoinTests
{
    private AudioFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new AudioFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Samples_stand_in_the_given_order_with_the_pause_between_them()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1, 2));
        var b = await _folder.WriteAsync("b.wav", RawWav.Of(3));
        var c = await _folder.WriteAsync("c.wav", RawWav.Of(4, 5));
        var pause = TimeSpan.FromSeconds(3.0 / 22050);

        var duration = await JoinAsync([b, c, a], pause);

        Assert.That(await File.ReadAllBytesAsync(_folder["out.wav"]), Is.EqualTo(RawWav.Of(3, 0, 0, 0, 4, 5, 0, 0, 0, 1, 2)));
        Assert.That(duration, Is.EqualTo(WavFormat.Speech.DurationOf(22)));
        Assert.That((await WavFile.ReadHeaderAsync(_folder["out.wav"], CancellationToken.None)).Duration, Is.EqualTo(duration));
    }

    [Test]
    public async Task Files_and_pauses_longer_than_a_block_are_joined_whole()
    {
        var loud = Enumerable.Range(0, 100_000).Select(i => (short)(i % 30_000 + 1)).ToArray();
        var quiet = Enumerable.Repeat((short)7, 50_001).ToArray();
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(loud));
        var b = await _folder.WriteAsync("b.wav", RawWav.Of(quiet));

        var duration = await JoinAsync([a, b], TimeSpan.FromSeconds(2));

        Assert.That(RawWav.Samples(_folder["out.wav"]), Is.EqualTo([.. loud, .. new short[44_100], .. quiet]));
        Assert.That(duration.TotalSeconds, Is.EqualTo(194_101 / 22050.0).Within(0.000001));
    }

    [Test]
    public async Task Only_samples_are_joined()
    {
        var list = RawWav.Chunk("LIST", [9, 9, 9, 9]);
        var odd = RawWav.Chunk("note", [9, 9, 9]);
        var a = await _folder.WriteAsync("a.wav", RawWav.Riff(list, RawWav.Fmt(), odd, RawWav.Chunk("data", RawWav.Pcm(1)), list));
        var b = await _folder.WriteAsync("b.wav", RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("data", RawWav.Pcm(2), 0x7FFFF000)));
        var none = await _folder.WriteAsync("c.wav", RawWav.Of());

        await JoinAsync([a, b, none], TimeSpan.Zero);

        Assert.That(await File.ReadAllBytesAsync(_folder["out.wav"]), Is.EqualTo(RawWav.Of(1, 2)));
    }

    [Test]
    public async Task Silence_of_8_bit_samples_is_their_middle()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Riff(RawWav.Fmt(8000, bits: 8), RawWav.Chunk("data", [1])));

        await JoinAsync([a, a], TimeSpan.FromSeconds(2.0 / 8000));

        var expected = RawWav.Riff(RawWav.Fmt(8000, bits: 8), RawWav.Chunk("data", [1, 0x80, 0x80, 1]));
        Assert.That(await File.ReadAllBytesAsync(_folder["out.wav"]), Is.EqualTo(expected));
    }

    [TestCase(44100, 1, 16)]
    [TestCase(22050, 2, 16)]
    [TestCase(22050, 1, 24)]
    public async Task Another_format_than_the_first_is_refused(int sampleRate, short channels, short bits)
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1));
        var b = await _folder.WriteAsync("b.wav", RawWav.Riff(RawWav.Fmt(sampleRate, channels, bits), RawWav.Chunk("data", [])));

        Assert.That(
            () => JoinAsync([a, a, b], TimeSpan.Zero),
            Throws.TypeOf<InvalidDataException>()
                .With.Message.Contains($"{b} ({sampleRate} Hz, {channels} channel(s), {bits} bit)")
                .And.Message.Contains($"{a} (22050 Hz, 1 channel(s), 16 bit)"));
        Assert.That(File.Exists(_folder["out.wav"]), Is.False);
    }

    [Test]
    public async Task A_truncated_file_is_refused_and_the_older_output_stays()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1));
        var b = await _folder.WriteAsync("b.wav", RawWav.Of(1, 2, 3)[..^2]);
        await _folder.WriteAsync("out.wav", RawWav.Of(8));

        Assert.That(() => JoinAsync([a, b], TimeSpan.Zero), Throws.TypeOf<InvalidDataException>().With.Message.Contains(b));
        Assert.That(RawWav.Samples(_folder["out.wav"]), Is.EqualTo(new short[] { 8 }));
    }

    [Test]
    public async Task The_output_may_be_one_of_the_files()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1));
        var output = await _folder.WriteAsync("out.wav", RawWav.Of(2));

        await JoinAsync([output, a, output], TimeSpan.Zero);

        Assert.That(RawWav.Samples(output), Is.EqualTo(new short[] { 2, 1, 2 }));
    }

    [Test]
    public async Task More_than_a_WAV_file_can_count_is_refused_before_anything_is_written()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1));

        Assert.That(
            () => JoinAsync([a, a], TimeSpan.FromHours(28)),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder["out.wav"]));
        Assert.That(_folder.Listing, Is.EqualTo("a.wav"));
    }

    [Test]
    public async Task Cancelling_leaves_nothing()
    {
        var a = await _folder.WriteAsync("a.wav", RawWav.Of(1));
        using var stop = new CancellationTokenSource();

        // Two hours of silence take far longer to write than the file takes to appear.
        var joining = WavFile.JoinAsync([a, a], _folder["out.wav"], TimeSpan.FromHours(2), stop.Token);
        while (!joining.IsCompleted && _folder.Names.Count() < 2)
            await Task.Delay(1);
        await stop.CancelAsync();

        Assert.That(() => joining, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_folder.Listing, Is.EqualTo("a.wav"));
    }

    [Test]
    public void Nothing_to_join_is_refused() =>
        Assert.That(() => JoinAsync([], TimeSpan.Zero), Throws.ArgumentException.With.Property("ParamName").EqualTo("paths"));

    [Test]
    public void A_negative_pause_is_refused() =>
        Assert.That(
            () => JoinAsync([_folder["a.wav"]], TimeSpan.FromSeconds(-1)),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("pause"));

    private Task<TimeSpan> JoinAsync(IReadOnlyList<string> paths, TimeSpan pause) =>
        WavFile.JoinAsync(paths, _folder["out.wav"], pause, CancellationToken.None);
}
