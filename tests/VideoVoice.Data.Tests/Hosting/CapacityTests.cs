using NUnit.Framework;
using VideoVoice.Data.Hosting;

namespace VideoVoice.Data.Tests.Hosting;

[CancelAfter(20_000)]
public sealed class CapacityTests
{
    [Test]
    public async Task A_place_that_is_handed_on_is_not_free_when_it_is_left(CancellationToken cancellationToken)
    {
        using var capacity = new Capacity(4);
        var taken = await capacity.TakeAsync(cancellationToken);
        capacity.Return(1);
        capacity.Transfer(2);

        for (var i = 0; i < 3; i++)
            capacity.Release();

        // Two of the four are with the next, one was returned, and one is free because the third had nobody to leave it to.
        Assert.That((taken, await capacity.TakeAsync(cancellationToken)), Is.EqualTo((4, 2)));
    }

    [Test]
    public async Task No_place_is_lost_and_none_made_when_all_leave_at_once(CancellationToken cancellationToken)
    {
        using var capacity = new Capacity(1_000);
        var taken = await capacity.TakeAsync(cancellationToken);
        capacity.Transfer(400);

        await Task.WhenAll(Enumerable.Range(0, taken).Select(_ => Task.Run(capacity.Release, cancellationToken)));

        Assert.That(await capacity.TakeAsync(cancellationToken), Is.EqualTo(600));
    }
}
