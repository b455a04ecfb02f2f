using NUnit.Framework;

namespace VideoVoice.Data.Tests.Videos;

public sealed class DeleteVideoTests : DatabaseTest
{
    [TestCase]
    [TestCase("one", "two")]
    public async Task A_video_goes_with_its_requests(params string[] texts)
    {
        var video = await CreateVideoAsync(texts);
        var other = await CreateVideoAsync("other");

        Assert.That(await Videos.DeleteVideoAsync(video, cancellationToken: Token), Is.True);
        Assert.That(await Videos.GetVideoAsync(video, cancellationToken: Token), Is.Null);
        Assert.That(await ScalarAsync<Guid>("select video_id from voices"), Is.EqualTo(other));
        Assert.That(await Videos.DeleteVideoAsync(video, cancellationToken: Token), Is.False);
    }
}
