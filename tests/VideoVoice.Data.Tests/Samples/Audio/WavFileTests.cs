using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

public sealed class WavFileTests
{
    private AudioFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new AudioFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task The_file_is_byte_for_byte_a_WAV_file()
    {
        await WavFile.WriteAsync(_folder["a.wav"], WavFormat.Speech, RawWav.Pcm(1, -2, 3), CancellationToken.None);

        Assert.That(await File.ReadAllBytesAsync(_folder["a.wav"]), Is.EqualTo(RawWav.Of(1, -2, 3)));
    }

    [Test]
    public async Task An_odd_number_of_bytes_is_padded()
    {
        await WavFile.WriteAsync(_folder["a.wav"], new WavFormat(8000, 1, 8), new byte[] { 1, 2, 3 }, CancellationToken.None);

        var expected = RawWav.Riff(RawWav.Fmt(8000, bits: 8), RawWav.Chunk("data", [1, 2, 3]));
        Assert.That(await File.ReadAllBytesAsync(_folder["a.wav"]), Is.EqualTo(expected));
    }

    [Test]
    public async Task The_duration_is_that_of_the_samples()
    {
        await WavFile.WriteAsync(_folder["a.wav"], WavFormat.Speech, new byte[22050], CancellationToken.None);

        var header = await WavFile.ReadHeaderAsync(_folder["a.wav"], CancellationToken.None);
        Assert.That(header.Duration, Is.EqualTo(TimeSpan.FromMilliseconds(500)));
    }

    [Test]
    public async Task No_samples_make_a_valid_file_of_no_length()
    {
        await WavFile.WriteAsync(_folder["a.wav"], WavFormat.Speech, default, CancellationToken.None);

        Assert.That((await WavFile.ReadHeaderAsync(_folder["a.wav"], CancellationToken.None)).Duration, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Half_a_frame_is_refused() =>
        Assert.That(
            () => WavFile.WriteAsync(_folder["a.wav"], WavFormat.Speech, new byte[3], CancellationToken.None),
            Throws.ArgumentException.With.Property(nameof(ArgumentException.ParamName)).EqualTo("pcm"));

    [Test]
    public async Task A_missing_folder_is_created_and_an_older_file_replaced()
    {
        var path = _folder[Path.Combine("new", "a.wav")];
        await WavFile.WriteAsync(path, WavFormat.Speech, RawWav.Pcm(1, 2, 3), CancellationToken.None);
        await WavFile.WriteAsync(path, WavFormat.Speech, RawWav.Pcm(4), CancellationToken.None);

        Assert.That(RawWav.Samples(path), Is.EqualTo(new short[] { 4 }));
    }

    [Test]
    public async Task A_write_that_fails_halfway_leaves_the_older_file_and_nothing_else()
    {
        await WavFile.WriteAsync(_folder["a.wav"], WavFormat.Speech, RawWav.Pcm(1), CancellationToken.None);

        Assert.That(
            () => AtomicFile.WriteAsync(_folder["a.wav"], async file =>
            {
                await file.WriteAsync(new byte[100]);
                throw new IOException("disk full");
            }),
            Throws.TypeOf<IOException>().With.Message.EqualTo("disk full"));

        Assert.That(_folder.Listing, Is.EqualTo("a.wav"));
        Assert.That(RawWav.Samples(_folder["a.wav"]), Is.EqualTo(new short[] { 1 }));
    }

    [Test]
    public async Task A_file_stands_under_its_name_only_when_it_is_whole()
    {
        var stoodThereWhileWriting = true;
        await AtomicFile.WriteAsync(_folder["a.wav"], async file =>
        {
            await file.WriteAsync(new byte[100]);
            await file.FlushAsync();
            stoodThereWhileWriting = File.Exists(_folder["a.wav"]);
        });

        Assert.That(stoodThereWhileWriting, Is.False);
        Assert.That(_folder.Listing, Is.EqualTo("a.wav"));
    }

    [Test]
    public async Task Two_writers_of_one_file_do_not_disturb_each_other()
    {
        var bothAreWriting = new TaskCompletionSource();
        var first = AtomicFile.WriteAsync(_folder["a.wav"], async file =>
        {
            await file.WriteAsync(new byte[] { 1 });
            await bothAreWriting.Task.WaitAsync(TimeSpan.FromSeconds(20));
        });
        var second = AtomicFile.WriteAsync(_folder["a.wav"], async file =>
        {
            await file.WriteAsync(new byte[] { 2 });
            bothAreWriting.SetResult();
            await first;
        });
        await Task.WhenAll(first, second);

        Assert.That(await File.ReadAllBytesAsync(_folder["a.wav"]), Is.EqualTo(new byte[] { 2 }));
    }
}
