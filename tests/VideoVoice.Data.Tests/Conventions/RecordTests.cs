using System.Collections;
using System.Reflection;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Conventions;

/// <summary>Two records of the same values are equal, whatever lists hold them.</summary>
public sealed class RecordTests
{
    public static IEnumerable<Type> Records => PublicTypeTests.Types.Where(type => type.GetMethod("<Clone>$") is not null
        || (type.IsValueType && type.GetMethods(BindingFlags.NonPublic | BindingFlags.Instance).Any(method => method.Name == "PrintMembers")));

    [TestCaseSource(nameof(Records))]
    public void Records_of_the_same_values_are_equal(Type type)
    {
        var (first, second) = (Make(type), Make(type));

        Assert.That(first.Equals(second), Is.True);
        Assert.That(first.GetHashCode(), Is.EqualTo(second.GetHashCode()));
    }

    [Test]
    public void Records_whose_lists_differ_are_not()
    {
        var video = new Video { WhatsappImagesPaths = ["a", "b"] };

        Assert.That(video, Is.EqualTo(new Video { WhatsappImagesPaths = new List<string> { "a", "b" } }));
        Assert.That(video, Is.Not.EqualTo(new Video { WhatsappImagesPaths = ["b", "a"] }));
        Assert.That(video, Is.Not.EqualTo(new Video { WhatsappImagesPaths = ["a"] }));
        Assert.That(video, Is.Not.EqualTo(new Video()));
    }

    [Test]
    public void A_record_keeps_its_list_when_the_caller_s_changes()
    {
        List<string> paths = ["a"];
        var video = new Video { WhatsappImagesPaths = paths };
        paths.Add("b");

        Assert.That(video.WhatsappImagesPaths, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void A_list_that_is_null_is_refused_by_the_property_s_name() =>
        Assert.That(
            () => new VoiceClaim("w", 1, TimeSpan.FromMinutes(1)) { LoadedVoiceMappingIds = null! },
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo(nameof(VoiceClaim.LoadedVoiceMappingIds)));

    private static object Make(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First(c => c.GetParameters() is not [var only] || only.ParameterType != type);
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType))]);
        foreach (var property in type.GetProperties().Where(p => p.SetMethod is not null))
            property.SetValue(made, Value(property.PropertyType));
        return made;
    }

    /// <summary>Each time a new object of the same value.</summary>
    private static object? Value(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return new string('a', 3);
        if (type.IsArray)
            return Array.CreateInstance(type.GetElementType()!, 1);
        if (type == typeof(IReadOnlyDictionary<string, string>))
            return new Dictionary<string, string> { ["key"] = "value" };
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var items = Array.CreateInstance(type.GenericTypeArguments[0], 1);
            items.SetValue(Value(type.GenericTypeArguments[0]), 0);
            return items;
        }

        return Records.Contains(type) ? Make(type) : type.IsValueType ? Activator.CreateInstance(type) : throw new NotSupportedException($"Give a value for {type} here.");
    }
}
