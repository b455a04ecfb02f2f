using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;

namespace VideoVoice.Data.Tests.Input.Generated;

/// <summary>JSON of every shape and depth, and what becomes of a file that was cut, doubled or read in another encoding.</summary>
internal static class Json
{
    private static readonly Gen<string> s_number = Gen.Frequency(
        (4, Gen.Int.Select(i => i.ToString(CultureInfo.InvariantCulture))),
        (2, Gen.Double.Where(double.IsFinite).Select(d => d.ToString("R", CultureInfo.InvariantCulture))),
        (1, Gen.OneOf("0", "-0", "-0.0", "1e0", "1E+5", "1e-5", "0.1e1", "9007199254740993", "1e308", "1e400", "-1e-400", "1e131071", "1e131072", "1e-16383", "1e-16384", "1e999999999", "0e999999999")),
        (1, Gen.Int[1, 400].Select(n => new string('9', n))),
        (1, Gen.OneOf("01", "+1", ".5", "1.", "NaN", "Infinity", "0x10", "1e", "--1")));

    private static readonly Gen<string> s_string = Gen.Frequency(
        (6, Texts.UpTo(20).Select(t => JsonSerializer.Serialize(t ?? ""))),
        (3, Texts.UpTo(20).Select(t => JsonSerializer.Serialize(t ?? "", s_relaxed))),
        (1, Gen.OneOf("\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\/\\b\\f\"", "\"\\x\"", "\"\t\"", "'a'", "\"", "\"\\")));

    private static readonly JsonSerializerOptions s_relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A text that is JSON in most cases.</summary>
    internal static Gen<string?> Any { get; } = Gen.Frequency<string?>(
        (10, Value(4)),
        (1, Gen.Int[1, 1200].Select(n => (string?)(new string('[', n) + new string(']', n)))),
        (1, Gen.Int[1, 600].Select(n => (string?)(string.Concat(Enumerable.Repeat("{\"a\":", n)) + "1" + new string('}', n)))),
        (2, Damaged(Value(3))),
        (1, Texts.UpTo(null)),
        (1, Gen.Const(() => (string?)null)));

    /// <summary>What becomes of a text on its way: cut, doubled, re-encoded, with a byte order mark, with a byte changed.</summary>
    internal static Gen<string?> Damaged(Gen<string?> text) => Gen.Select(text, Gen.Int[0, 8], Gen.Double[0, 1], Gen.Char, (json, how, place, c) =>
    {
        var (whole, at) = (json ?? "", (int)((json ?? "").Length * place));
        return how switch
        {
            0 => whole[..at],
            1 => whole[at..],
            2 => whole + whole,
            3 => "\uFEFF" + whole,
            4 => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(whole)),
            5 => Encoding.UTF8.GetString(Encoding.Unicode.GetBytes(whole)),
            6 => whole[..at] + c + whole[at..],
            7 => at < whole.Length ? whole[..at] + whole[(at + 1)..] : whole,
            _ => whole.Replace("\n", "\r\n", StringComparison.Ordinal),
        };
    }).Select(t => (string?)t);

    private static Gen<string?> Value(int depth)
    {
        var leaf = Gen.Frequency((3, s_string), (3, s_number), (2, Gen.OneOf("null", "true", "false")), (1, Gen.OneOf("{}", "[]", " [ ] ", "{ }", "nul", "True")));
        if (depth == 0)
            return leaf.Select(t => (string?)t);

        var inner = Value(depth - 1);
        return Gen.Frequency<string?>(
            (2, leaf.Select(t => (string?)t)),
            (3, inner.Array[0, 5].Select(items => (string?)$"[{string.Join(",", items)}]")),
            (4, Gen.Select(Gen.Frequency((3, Gen.OneOf("\"a\"", "\"b\"", "\"\"", "\"A\"")), (1, s_string)), inner).Array[0, 5]
                .Select(members => (string?)$"{{{string.Join(", ", members.Select(m => $"{m.Item1}: {m.Item2}"))}}}")));
    }
}
