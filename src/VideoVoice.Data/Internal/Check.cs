using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace VideoVoice.Data.Internal;

/// <summary>Refuses what PostgreSQL would refuse, before anything is sent, naming the parameter and what would be right.</summary>
internal static class Check
{
    /// <summary>Deeper JSON is refused: the server's own limit depends on its stack.</summary>
    internal const int MaxJsonDepth = 500;

    internal const int MaxPage = 10_000;

    internal static Guid Id(Guid value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value != Guid.Empty ? value : throw new ArgumentException("The id is all zeros: it was never set.", name);

    internal static Guid? OptionalId(Guid? value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is null ? null : Id(value.Value, name);

    internal static VoiceFence Fence(VoiceFence value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value.VoiceId != Guid.Empty ? value : throw new ArgumentException("The fence's id is all zeros: it was never set. Use the Fence of a claimed request.", name);

    /// <summary>Refuses two equal fences: an attempt is reported once.</summary>
    internal static void DistinctFences(IEnumerable<VoiceFence> values, Func<int, string> nameOf)
    {
        var seen = new Dictionary<VoiceFence, int>();
        var index = 0;
        foreach (var value in values)
        {
            Fence(value, nameOf(index));
            if (!seen.TryAdd(value, index))
                throw new ArgumentException($"{nameOf(index)} is the same attempt as {nameOf(seen[value])}. Report each attempt once.", nameOf(index));
            index++;
        }
    }

    internal static int Limit(int value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        Range(value, 1, MaxPage, name);

    internal static int Range(int value, int min, int max, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value >= min && value <= max ? value : throw new ArgumentOutOfRangeException(name, value, $"Must be from {min} to {max}.");

    internal static TimeSpan Duration(TimeSpan value, TimeSpan min, TimeSpan max, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value >= min && value <= max ? value : throw new ArgumentOutOfRangeException(name, value, $"Must be from {min} to {max}.");

    internal static string Text(string? value, int? maxLength = null, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value, name);
        return Characters(value, maxLength, name);
    }

    internal static string? OptionalText(string? value, int? maxLength = null, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is null ? null : Text(value, maxLength, name);

    /// <summary>Text that may be empty.</summary>
    internal static string? Value(string? value, int? maxLength = null, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is null ? null : Characters(value, maxLength, name);

    internal static string? Json(string? value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value is null)
            return null;

        Characters(value, null, name);
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value), new JsonReaderOptions { MaxDepth = MaxJsonDepth });
            while (reader.Read())
            {
                // jsonb stores the decoded text, so an escaped U+0000 or half a surrogate pair is refused like a plain one.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                    Characters(reader.GetString()!, null, name);
                if (reader.TokenType == JsonTokenType.Number && !JsonNumber.Fits(reader.ValueSpan))
                    throw new ArgumentException($"A number at byte {reader.TokenStartIndex} of the JSON is beyond jsonb: at most 131072 digits before the decimal point and 16383 after it.", name);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ArgumentException($"Not valid JSON: {e.Message}", name, e);
        }

        return value;
    }

    internal static T Defined<T>(T value, [CallerArgumentExpression(nameof(value))] string? name = null)
        where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"Not a {typeof(T).Name}. Use one of {string.Join(", ", Enum.GetNames<T>())}.");

    internal static NpgsqlConnection ConnectionOf(NpgsqlTransaction transaction)
    {
        try
        {
            // A transaction that has ended may still have its connection, but reading its isolation level then throws.
            _ = transaction.IsolationLevel;
            if (transaction.Connection is { } connection)
                return connection;
        }
        catch (InvalidOperationException)
        {
        }

        throw new ArgumentException("The transaction has ended: it was committed, rolled back or disposed of.", nameof(transaction));
    }

    private static string Characters(string value, int? maxLength, string? name)
    {
        var length = 0;
        for (var i = 0; i < value.Length; i++, length++)
        {
            if (value[i] == '\0')
                throw new ArgumentException($"The character at index {i} is U+0000, which PostgreSQL cannot store in text. Remove it.", name);

            if (!char.IsSurrogate(value[i]))
                continue;

            if (i + 1 == value.Length || !char.IsSurrogatePair(value, i))
                throw new ArgumentException($"The character at index {i} is half of a surrogate pair, which is no Unicode text. Remove it or complete the pair.", name);

            i++;
        }

        // varchar(n) counts code points, not UTF-16 units.
        if (length > maxLength)
            throw new ArgumentException($"The text has {length} characters; the column holds {maxLength}.", name);

        return value;
    }
}
