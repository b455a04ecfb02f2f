using System.Globalization;
using System.Text;

namespace VideoVoice.Data.Internal;

/// <summary>Whether jsonb, which keeps numbers as numeric, can store a JSON number.</summary>
internal static class JsonNumber
{
    private const int MaxDigitsBefore = 131_072;
    private const int MaxDigitsAfter = 16_383;

    /// <summary>The server reads an exponent as a 32-bit number and refuses it from half of the largest on, also for zero.</summary>
    private const int MaxExponent = int.MaxValue / 2;

    internal static bool Fits(ReadOnlySpan<byte> number)
    {
        var at = number.IndexOfAny((byte)'e', (byte)'E');
        long exponent = 0;
        if (at >= 0 && (!long.TryParse(Encoding.ASCII.GetString(number[(at + 1)..]), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
            || exponent is >= MaxExponent or <= -MaxExponent))
            return false;

        var digits = (at >= 0 ? number[..at] : number).TrimStart((byte)'-');
        var point = digits.IndexOf((byte)'.');
        var before = point < 0 ? digits.Length : point;
        var after = point < 0 ? 0 : digits.Length - point - 1;
        if (after - exponent > MaxDigitsAfter)
            return false;

        // The first digit that is not zero: with 1 it stands directly before the point.
        var first = digits.IndexOfAnyInRange((byte)'1', (byte)'9');
        if (first < 0)
            return true;

        var place = first < before ? before - first : before - first + 1;
        return place + exponent <= MaxDigitsBefore;
    }
}
