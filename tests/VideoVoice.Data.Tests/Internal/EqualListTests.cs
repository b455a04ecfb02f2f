using NUnit.Framework;

namespace VideoVoice.Data.Tests.Internal;

public sealed class EqualListTests
{
    [Test]
    public void A_list_that_is_null_is_refused_by_the_name_of_its_property() =>
        Assert.That(
            () => new VoiceClaim("worker", 1, TimeSpan.FromMinutes(1)) { LoadedVoiceMappingIds = null! },
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo(nameof(VoiceClaim.LoadedVoiceMappingIds)));

    [Test]
    public void It_is_a_copy()
    {
        Guid[] ids = [Guid.NewGuid()];
        var claim = new VoiceClaim("worker", 1, TimeSpan.FromMinutes(1)) { LoadedVoiceMappingIds = ids };

        ids[0] = Guid.NewGuid();

        Assert.That(claim.LoadedVoiceMappingIds, Is.Not.EqualTo(ids));
    }
}
