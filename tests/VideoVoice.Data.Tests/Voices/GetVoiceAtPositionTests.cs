using NUnit.Framework;

namespace VideoVoice.Data.Tests.Voices;

public sealed class GetVoiceAtPositionTests : DatabaseTest
{
    [Test]
    public async Task The_request_at_a_position_is_that_of_the_video()
    {
        var video = await CreateVideoAsync("0", "1", "2");
        await CreateVideoAsync("other 0", "other 1", "other 2");

        Assert.That((await Voices.GetVoiceAtPositionAsync(video, 1, cancellationToken: Token))?.TextContent, Is.EqualTo("1"));
        Assert.That(await Voices.GetVoiceAtPositionAsync(video, 3, cancellationToken: Token), Is.Null);
    }
}
