using System.Text.RegularExpressions;
using NUnit.Framework;
using VideoVoice.Data.Internal;

namespace VideoVoice.Data.Tests.Internal;

public sealed class CheckTests
{
    private const string Emoji = "😀";

    // Escaped twice: an attribute is stored as UTF-8, in which half a surrogate pair does not survive.
    [TestCase(@"a\u0000b", "index 1", "U+0000")]
    [TestCase(@"\uD83D", "index 0", "surrogate")]
    [TestCase(@"\uDE00", "index 0", "surrogate")]
    [TestCase(@"ab\uD83D", "index 2", "surrogate")]
    [TestCase(@"\uDE00\uD83D", "index 0", "surrogate")]
    [TestCase(@"\uD83D\uDE00\uD83D\uD83D\uDE00", "index 2", "surrogate")]
    public void Characters_that_PostgreSQL_cannot_store_are_named_with_their_place(string escaped, string place, string what)
    {
        var text = Regex.Unescape(escaped);
        using (Assert.EnterMultipleScope())
        {
            foreach (var check in new Func<object?>[] { () => Check.Text(text), () => Check.OptionalText(text), () => Check.Value(text), () => Check.Json($"\"{text}\"") })
            {
                var e = Assert.Throws<ArgumentException>(() => check());
                Assert.That(e!.Message, Does.Contain(what));
            }

            var plain = Assert.Throws<ArgumentException>(() => Check.Text(text));
            Assert.That(plain!.ParamName, Is.EqualTo("text"));
            Assert.That(plain.Message, Does.Contain(place));
        }
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("\t\r\n\u00A0\u2003")]
    public void Empty_text_is_refused_where_text_is_needed_and_kept_where_it_is_not(string text)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Assert.Throws<ArgumentException>(() => Check.Text(text))!.ParamName, Is.EqualTo("text"));
            Assert.That(Assert.Throws<ArgumentException>(() => Check.OptionalText(text))!.ParamName, Is.EqualTo("text"));
            Assert.That(Check.Value(text), Is.SameAs(text));
        }
    }

    [Test]
    public void Null_is_refused_only_where_text_is_needed()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Assert.Throws<ArgumentNullException>(() => Check.Text(null, null, "title"))!.ParamName, Is.EqualTo("title"));
            Assert.That(Check.OptionalText(null), Is.Null);
            Assert.That(Check.Value(null), Is.Null);
            Assert.That(Check.Json(null), Is.Null);
            Assert.That(Check.OptionalId(null), Is.Null);
        }
    }

    [TestCase("a")]
    [TestCase(Emoji)]
    [TestCase("é")]
    [TestCase("ש")]
    public void The_length_counts_code_points(string character)
    {
        var fits = string.Concat(Enumerable.Repeat(character, 255));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Check.Text(fits, 255), Is.SameAs(fits));
            var e = Assert.Throws<ArgumentException>(() => Check.Text(fits + character, 255, "title"));
            Assert.That((e!.ParamName, e.Message), Is.EqualTo(("title", "The text has 256 characters; the column holds 255. (Parameter 'title')")));
        }
    }

    [Test]
    public void A_combining_mark_is_a_code_point_of_its_own() =>
        Assert.That(() => Check.Text("e\u0301", 1), Throws.ArgumentException.With.Message.Contains("has 2 characters"));

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("{")]
    [TestCase("{}{}")]
    [TestCase("{'a': 1}")]
    [TestCase("{\"a\": 1,}")]
    [TestCase("[1] // comment")]
    [TestCase("NaN")]
    [TestCase("01")]
    [TestCase("\"a\nb\"")]
    [TestCase("\"\\x\"")]
    [TestCase("\uFEFF{}")]
    [TestCase("True")]
    public void What_is_no_json_is_refused(string metadata) =>
        Assert.That(() => Check.Json(metadata), Throws.ArgumentException.With.Property("ParamName").EqualTo("metadata").And.Message.StartsWith("Not valid JSON"));

    [TestCase("\"\\u0000\"")]
    [TestCase("{\"a\": [\"b\\u0000\"]}")]
    [TestCase("{\"\\u0000\": 1}")]
    [TestCase("\"\\ud83d\"")]
    [TestCase("\"\\ude00\"")]
    [TestCase("{\"\\ud83d\": 1}")]
    [TestCase("\"\\ude00\\ud83d\"")]
    [TestCase("\"\\ud83d x\"")]
    public void Escapes_that_jsonb_cannot_store_are_refused(string metadata) =>
        Assert.That(() => Check.Json(metadata), Throws.ArgumentException.With.Property("ParamName").EqualTo("metadata"));

    [TestCase("{}")]
    [TestCase(" [1, 2.50e3, -0, null, true] ")]
    [TestCase("\"\\ud83d\\ude00 \\\\u0000 \\n\"")]
    [TestCase("{\"😀\": \"\\u00e9\"}")]
    public void Valid_json_is_returned_as_it_is(string metadata) => Assert.That(Check.Json(metadata), Is.SameAs(metadata));

    [Test]
    public void Json_may_be_500_deep()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Check.Json(new string('[', 500) + new string(']', 500)), Throws.Nothing);
            Assert.That(() => Check.Json(new string('[', 501) + new string(']', 501)), Throws.ArgumentException);
        }
    }

    [Test]
    public void An_id_of_zeros_is_refused()
    {
        var id = Guid.Empty;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Check.Id(id), Throws.ArgumentException.With.Property("ParamName").EqualTo("id"));
            Assert.That(() => Check.OptionalId(id), Throws.ArgumentException.With.Property("ParamName").EqualTo("id"));
        }
    }

    [TestCase(1, true)]
    [TestCase(10_000, true)]
    [TestCase(0, false)]
    [TestCase(-1, false)]
    [TestCase(10_001, false)]
    [TestCase(int.MaxValue, false)]
    public void A_limit_is_from_1_to_10000(int limit, bool allowed)
    {
        if (allowed)
            Assert.That(Check.Limit(limit), Is.EqualTo(limit));
        else
            Assert.That(() => Check.Limit(limit), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("limit"));
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    [TestCase(60, true)]
    [TestCase(61, false)]
    public void A_duration_may_be_as_short_and_as_long_as_it_says(int seconds, bool allowed)
    {
        var delay = TimeSpan.FromSeconds(seconds);
        if (allowed)
            Assert.That(Check.Duration(delay, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), Is.EqualTo(delay));
        else
            Assert.That(() => Check.Duration(delay, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("delay"));
    }

    [TestCase(-1)]
    [TestCase(4)]
    public void An_undefined_enum_value_is_refused_and_the_defined_ones_are_named(int value)
    {
        var status = (VideoStatus)value;

        Assert.That(
            () => Check.Defined(status),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("status").And.Message.Contains("Pending, Processing, Completed, Failed"));
    }
}
