using NUnit.Framework;

namespace VideoVoice.Data.Tests.Hangs;

/// <summary>Run by <see cref="HangTests"/> in a process of its own. Anywhere else nothing of it hangs.</summary>
public sealed class HangsOnPurpose
{
    internal const string Variable = "VIDEOVOICE_HANG_IN";

    private static string? Asked => Environment.GetEnvironmentVariable(Variable);

    [Test]
    public Task In_the_test() => HangIfAskedAsync(nameof(In_the_test));

    [Test]
    public void In_the_tear_down() => Assert.That(Asked, Is.Null.Or.EqualTo(nameof(In_the_tear_down)));

    [TearDown]
    public Task TearDownAsync() => HangIfAskedAsync(nameof(In_the_tear_down));

    private static Task HangIfAskedAsync(string where) => Asked == where ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
}
