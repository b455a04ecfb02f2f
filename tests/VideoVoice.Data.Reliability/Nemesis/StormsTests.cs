using NUnit.Framework;

namespace VideoVoice.Data.Reliability.Nemesis;

public sealed class StormsTests
{
    [Test]
    public void A_seed_gives_the_same_faults_with_the_same_choices_again()
    {
        var steps = Storms.Schedule(Fault.All, 7).Take(200).ToList();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Storms.Schedule(Fault.All, 7).Take(200), Is.EqualTo(steps));
            Assert.That(Storms.Schedule(Fault.All, 8).Take(200), Is.Not.EqualTo(steps));
            Assert.That(steps.Select(s => s.Fault).Distinct(), Is.EquivalentTo(Fault.All));
        }
    }

    [Test]
    public void Each_fault_has_a_name_of_its_own() => Assert.That(Fault.All.Select(f => f.Name), Is.Unique);
}
