using NUnit.Framework;
using VideoVoice.Sample.Audio;

namespace VideoVoice.Data.Tests.Samples.Audio;

public sealed class WavHeaderTests
{
    private static readonly byte[] s_list = RawWav.Chunk("LIST", "INFOISFT\u0004\0\0\0abc\0"u8.ToArray());

    private AudioFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new AudioFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Format_and_duration_are_read()
    {
        var header = await ReadAsync(RawWav.Riff(RawWav.Fmt(48000, 2, 24), RawWav.Chunk("data", new byte[48000 * 6 / 4])));

        Assert.That(header.Format, Is.EqualTo(new WavFormat(48000, 2, 24)));
        Assert.That(header.Duration, Is.EqualTo(TimeSpan.FromMilliseconds(250)));
    }

    [Test]
    public async Task Other_chunks_before_and_after_the_samples_are_passed_over()
    {
        var header = await ReadAsync(RawWav.Riff(s_list, RawWav.Fmt(), s_list, RawWav.Chunk("data", RawWav.Pcm(1, 2)), s_list));

        Assert.That(header.DataOffset, Is.EqualTo(12 + s_list.Length + 24 + s_list.Length + 8));
        Assert.That(header.DataLength, Is.EqualTo(4));
    }

    [Test]
    public async Task A_chunk_of_odd_length_is_followed_by_a_byte_that_its_size_does_not_count()
    {
        var header = await ReadAsync(RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("note", [1, 2, 3]), RawWav.Chunk("data", RawWav.Pcm(1, 2))));

        Assert.That(header.DataOffset, Is.EqualTo(12 + 24 + 12 + 8));
    }

    [Test]
    public async Task A_format_chunk_may_be_longer_than_16_bytes()
    {
        var fmt = RawWav.Chunk("fmt ", [.. RawWav.Fmt()[8..], 0, 0]);

        var header = await ReadAsync(RawWav.Riff(fmt, RawWav.Chunk("data", RawWav.Pcm(1))));

        Assert.That(header.DataLength, Is.EqualTo(2));
    }

    [TestCase(0u)]
    [TestCase(0x7FFFF000u)]
    [TestCase(0xFFFFFFFFu)]
    public async Task Samples_written_to_a_pipe_reach_to_the_end_of_the_file(uint size)
    {
        var bytes = RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("data", RawWav.Pcm(1, 2, 3), size));
        BitConverter.GetBytes(size == 0 ? 0 : size + 36).CopyTo(bytes, 4);

        Assert.That((await ReadAsync(bytes)).DataLength, Is.EqualTo(6));
    }

    [Test]
    public async Task No_samples_are_no_samples_when_the_outer_size_is_right()
    {
        var header = await ReadAsync(RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("data", []), s_list));

        Assert.That(header.Duration, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Every_truncation_is_told_with_the_name_of_the_file()
    {
        var whole = RawWav.Riff(s_list, RawWav.Fmt(), RawWav.Chunk("data", RawWav.Pcm(1, 2, 3)));

        for (var length = 0; length < whole.Length; length++)
            AssertInvalid(whole[..length], "");
    }

    private static readonly TestCaseData[] s_invalid =
    [
        new(new byte[100], "is not a WAV file"),
        new(RawWav.Riff(RawWav.Fmt(), s_list), "has no samples"),
        new(RawWav.Riff(RawWav.Chunk("data", [0, 0]), RawWav.Fmt()), "has its samples before their format"),
        new(RawWav.Riff(RawWav.Chunk("fmt ", new byte[8]), RawWav.Chunk("data", [])), "has a format chunk of less than 16 bytes"),
        new(RawWav.Riff(RawWav.Fmt(tag: 3, bits: 32), RawWav.Chunk("data", [])), "holds samples of the kind 3"),
        new(RawWav.Riff(RawWav.Fmt(sampleRate: 0), RawWav.Chunk("data", [])), "claims 0 Hz"),
        new(RawWav.Riff(RawWav.Fmt(channels: 0), RawWav.Chunk("data", [])), "claims 22050 Hz, 0 channel(s)"),
        new(RawWav.Riff(RawWav.Fmt(bits: 12, bytesPerFrame: 1), RawWav.Chunk("data", [])), "12 bit"),
        new(RawWav.Riff(RawWav.Fmt(channels: 2, bytesPerFrame: 2), RawWav.Chunk("data", [])), "2 bytes a frame"),
        new(RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("data", [1, 2, 3])), "is truncated within a sample"),
        new(RawWav.Riff(RawWav.Fmt(), RawWav.Chunk("data", RawWav.Pcm(1, 2), 6)), "is truncated: 6 bytes should follow, 4 do"),
        new(RawWav.Riff(RawWav.Fmt(), s_list[..^4]), $"is truncated: {s_list.Length - 8} bytes should follow, {s_list.Length - 12} do"),
    ];

    [TestCaseSource(nameof(s_invalid))]
    public void What_is_no_WAV_file_of_integer_samples_is_refused(byte[] bytes, string reason) => AssertInvalid(bytes, reason);

    private void AssertInvalid(byte[] bytes, string reason) =>
        Assert.That(
            async () => await ReadAsync(bytes),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder["a.wav"]).And.Message.Contains(reason),
            $"{bytes.Length} bytes");

    private async Task<WavHeader> ReadAsync(byte[] bytes) =>
        await WavFile.ReadHeaderAsync(await _folder.WriteAsync("a.wav", bytes), CancellationToken.None);
}
