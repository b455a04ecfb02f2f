using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Internal;

/// <summary>Numbers on both sides of what jsonb can hold: the check and the server agree.</summary>
public sealed class JsonNumberTests : DatabaseTest
{
    private static IEnumerable<string> Numbers =>
    [
        "0", "-0", "1", "-1.5e3", "0.1", "1e131071", "1e131072", "9e131071", "10e131071", "0.1e131072", "0.1e131073", "0.001e131074", "0.001e131075",
        new string('9', 131072), new string('9', 131073), "1e-16383", "1e-16384", "1.5e-16382", "1.5e-16383", "0e-16383", "0e-16384", "0e200000", "0e1073741822",
        "0e1073741823", "0e99999999999999999999", "0." + new string('1', 16383), "0." + new string('1', 16384), "1" + new string('0', 10) + "e-16393", "1e+131071", "-1E131072", "1e-9223372036854775808", "0e-9223372036854775808",
    ];

    [TestCaseSource(nameof(Numbers))]
    public async Task The_check_refuses_what_the_server_refuses(string number)
    {
        bool stored;
        try
        {
            await SqlAsync("select jsonb_build_array(@json::jsonb)", new { json = number });
            stored = true;
        }
        catch (PostgresException)
        {
            stored = false;
        }

        if (stored)
            await Videos.CreateVideoAsync("Video", metadata: $$"""{"n": [{{number}}]}""", cancellationToken: Token);
        else
            Assert.That(() => Videos.CreateVideoAsync("Video", metadata: $$"""{"n": [{{number}}]}""", cancellationToken: Token), Throws.ArgumentException.With.Property("ParamName").EqualTo("metadata"));
    }
}
