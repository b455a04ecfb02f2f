using System.Text;
using CsCheck;

namespace VideoVoice.Data.Tests.Input.Generated;

/// <summary>Text of every kind: all of Unicode and what is no Unicode, and lengths around each limit.</summary>
internal static class Texts
{
    private static readonly Gen<string> s_scalar = Gen.Frequency(
        (8, Gen.Char[' ', '~'].Select(c => c.ToString())),
        (2, Gen.OneOf("\t", "\n", "\r", " ", "\u00A0", "\u2028", "\u3000", "\u0085", "\u200B", "\uFEFF")),
        (2, Gen.OneOf("'", "\"", "\\", "@", "%", "$1", "--", ";", "/*", "{0}", "::", "null")),
        (2, Gen.Int[0x80, 0xD7FF].Select(char.ConvertFromUtf32)),
        (1, Gen.Int[0xE000, 0xFFFF].Select(char.ConvertFromUtf32)),
        (2, Gen.Int[0x10000, 0x10FFFF].Select(char.ConvertFromUtf32)),
        (1, Gen.OneOf("e\u0301", "\u202Eabc\u202C", "👩🏽‍🏫", "🇧🇷", "שלום", "مرحبا", "﷽", "ﬀ", "İ", "ß")));

    private static readonly Gen<string> s_noText = Gen.OneOf("\0", "\uD800", "\uDBFF", "\uDC00", "\uDFFF", "\uDE00\uD83D");

    /// <summary>Valid in most cases; of a length around the limit, in code points, in some.</summary>
    internal static Gen<string?> UpTo(int? limit)
    {
        var max = limit ?? 400;
        var valid = s_scalar.Array[1, 12].Select(string.Concat);
        return Gen.Frequency<string?>(
            (12, valid),
            (3, Gen.Select(Gen.OneOf("a", "é", "😀", "\u0301"), Gen.Int[max - 2, max + 2], (c, n) => (string?)new StringBuilder().Insert(0, c, Math.Max(n, 0)).ToString())),
            (1, Gen.Select(valid, s_noText, valid, (a, bad, b) => (string?)(a + bad + b))),
            (1, Gen.OneOf<string?>("", " ", "\t\n", "\u00A0", null)),
            (1, s_scalar.Array[100, limit is null ? 3000 : 300].Select(parts => (string?)string.Concat(parts))));
    }

    /// <summary>One of the words, or of all texts.</summary>
    internal static Gen<string?> OneOf(params string[] words) => Gen.Frequency<string?>((4, Gen.OneOf<string?>([.. words, null])), (1, UpTo(10)));
}
