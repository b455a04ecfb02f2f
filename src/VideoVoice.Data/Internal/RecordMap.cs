using System.Reflection;
using Dapper;

namespace VideoVoice.Data.Internal;

/// <summary>
/// Maps snake_case columns to the properties of this library's own records. It is set per record: Dapper's switch for
/// underscores is process-wide and would change the host. A column without a property throws instead of being dropped.
/// </summary>
internal static class RecordMap<T>
{
    static RecordMap() =>
        SqlMapper.SetTypeMap(typeof(T), new CustomPropertyTypeMap(typeof(T), static (type, column) =>
            Find(type, $"{column}Column") ?? Find(type, column) ?? throw new InvalidOperationException($"{type.Name} has no property for the column {column}.")));

    private static PropertyInfo? Find(Type type, string column) =>
        type.GetProperty(column.Replace("_", "", StringComparison.Ordinal), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.IgnoreCase);

    /// <summary>Runs the static constructor, once.</summary>
    internal static void Use()
    {
    }
}
