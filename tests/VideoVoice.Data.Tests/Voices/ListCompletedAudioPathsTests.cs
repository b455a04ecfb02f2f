using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class ListCompletedAudioPathsTests : DatabaseTest
{
    [Test]
    public async Task Only_the_completed_audio_of_the_video_is_listed()
    {
        var video = await CreateVideoAsync("completed", "failed", "pending", "processing");
        var other = await CreateVideoAsync("other");
        await SqlAsync("update voices set output_audio_path = '/' || text_content, status = case text_content when 'other' then 'completed' else text_content end::voice_status");

        Assert.That((await Voices.ListCompletedAudioPathsAsync(video, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(new[] { "/completed" }));
        Assert.That((await Voices.ListCompletedAudioPathsAsync(other, cancellationToken: Token)).Select(a => a.OutputAudioPath), Is.EqualTo(new[] { "/other" }));
    }
}
