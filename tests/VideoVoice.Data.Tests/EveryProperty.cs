using System.Reflection;
using NUnit.Framework;

namespace VideoVoice.Data.Tests;

/// <summary>A column that is missing from a statement leaves its property at the default in silence, so the records of these tests must have no default in them.</summary>
internal static class EveryProperty
{
    public static void IsSet<T>(T record)
        where T : class
    {
        var unset = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && IsDefault(p.GetValue(record), p.PropertyType))
            .Select(p => p.Name);
        Assert.That(unset, Is.Empty, $"Give each property of {typeof(T).Name} a value of its own, so that its column is tested");
    }

    private static bool IsDefault(object? value, Type type) =>
        value is null or "" || (type.IsValueType && value.Equals(Activator.CreateInstance(Nullable.GetUnderlyingType(type) ?? type)));
}
