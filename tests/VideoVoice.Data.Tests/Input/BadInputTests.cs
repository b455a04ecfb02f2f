using Npgsql;
using NUnit.Framework;

namespace VideoVoice.Data.Tests.Input;

/// <summary>
/// What is wrong is refused before anything is sent: these calls have a data source that reaches no server, so that a value that is not checked
/// ends in a <see cref="DatabaseConnectionException"/> instead of an <see cref="ArgumentException"/>.
/// </summary>
public sealed class BadInputTests
{
    // Port 1 of the loopback is refused at once.
    private const string Nowhere = "Host=127.0.0.1;Port=1;Username=nobody;Password=none;Database=none;Pooling=false";

    private static IEnumerable<string> Methods => ManagerMethods.All;

    private static IEnumerable<string[]> Texts => ManagerMethods.Parameters<string>(name => name is not "metadata" and not "gender" and not "quality");

    private static IEnumerable<string[]> Json => ManagerMethods.Parameters<string>(name => name == "metadata");

    private static IEnumerable<string[]> Ids => ManagerMethods.Parameters<Guid>();

    private static IEnumerable<string[]> Numbers => ManagerMethods.Parameters<int>();

    private static IEnumerable<string[]> Durations => ManagerMethods.Parameters<TimeSpan>();

    private static IEnumerable<string[]> VideoStatuses => ManagerMethods.Parameters<VideoStatus>();

    [TestCaseSource(nameof(Methods))]
    public async Task Valid_input_goes_on_to_the_connection(string method)
    {
        var e = await CatchAsync(method);

        Assert.That(e, Is.TypeOf<DatabaseConnectionException>().With.Property("Problem").EqualTo(ConnectionProblem.ConnectionRefused));
    }

    [TestCaseSource(nameof(Texts))]
    public async Task Bad_text_is_refused_naming_the_parameter(string method, string parameter)
    {
        var maxLength = ManagerMethods.TextLengths[ManagerMethods.Leaf(parameter)];
        var mayBeEmpty = ManagerMethods.Leaf(parameter) is "description" or "settingValue";
        List<string?> bad = ["\0", "a\0", "\uD83D", "a\uDE00b", "\uDE00\uD83D"];
        List<string?> good = ["a", "😀"];
        (mayBeEmpty ? good : bad).AddRange("", " ", "\n");
        (ManagerMethods.IsOptional(method, parameter) ? good : bad).Add(null);
        if (parameter == "remoteStoragePath")
            bad.Add(null); // The audio of these calls is remote.
        if (maxLength is { } max)
        {
            bad.Add(new string('a', max + 1));
            bad.Add(string.Concat(Enumerable.Repeat("😀", max + 1)));
            good.Add(string.Concat(Enumerable.Repeat("😀", max)));
        }
        else
        {
            good.Add(new string('a', 100_000));
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var text in bad)
                await AssertRefusedAsync(method, parameter, text);
            foreach (var text in good.Except(bad))
                Assert.That(await CatchAsync(method, (parameter, text)), Is.TypeOf<DatabaseConnectionException>(), $"'{text}' is allowed");
        }
    }

    [TestCaseSource(nameof(Json))]
    public async Task Bad_json_is_refused_naming_the_parameter(string method, string parameter)
    {
        string[] bad = ["", "{", "{'a': 1}", "[1,]", "\0", "\"\0\"", "\"\\u0000\"", "{\"\\u0000\": 1}", "\"\uD83D\"", "\"\\ud83d\"", "\"\\ude00\\ud83d\""];
        using (Assert.EnterMultipleScope())
        {
            foreach (var json in bad)
                await AssertRefusedAsync(method, parameter, json);
        }
    }

    [TestCaseSource(nameof(Ids))]
    public Task An_id_of_zeros_is_refused_naming_the_parameter(string method, string parameter) => AssertRefusedAsync(method, parameter, Guid.Empty);

    [TestCaseSource(nameof(Numbers))]
    public async Task A_number_out_of_its_range_is_refused_naming_the_parameter(string method, string parameter)
    {
        int[] bad = ManagerMethods.Leaf(parameter) switch
        {
            "limit" => [int.MinValue, -1, 0, 10_001, int.MaxValue],
            "maxAttempts" => [int.MinValue, -1, 0, 1001, int.MaxValue],
            "priority" => [int.MinValue, -VideoManager.MaxPriority - 1, VideoManager.MaxPriority + 1],
            "position" => [int.MinValue, -1, VoiceManager.MaxPosition + 1],
            "offset" => [int.MinValue, -1, VoiceManager.MaxPosition + 2],
            _ => throw new NotSupportedException($"Say here what {parameter} of {method} may not be."),
        };
        using (Assert.EnterMultipleScope())
        {
            foreach (var number in bad)
                await AssertRefusedAsync(method, parameter, number);
        }
    }

    [TestCaseSource(nameof(Durations))]
    public async Task A_duration_out_of_its_range_is_refused_naming_the_parameter(string method, string parameter)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var duration in new[] { TimeSpan.MinValue, TimeSpan.FromTicks(-1), TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(366), TimeSpan.MaxValue })
                await AssertRefusedAsync(method, parameter, duration);
        }
    }

    [TestCaseSource(nameof(VideoStatuses))]
    public async Task An_undefined_status_is_refused_naming_the_parameter(string method, string parameter)
    {
        using (Assert.EnterMultipleScope())
        {
            await AssertRefusedAsync(method, parameter, (VideoStatus)(-1));
            await AssertRefusedAsync(method, parameter, (VideoStatus)4);
        }
    }

    [Test]
    public async Task A_list_of_paths_is_checked_path_by_path()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var path in new[] { null!, "", " ", "\0", "\uD83D" })
                await AssertRefusedAsync("VideoManager.UpdateVideoStatusAsync", "whatsappImagesPaths", new[] { "/good.png", path });
        }
    }

    [TestCase("VideoManager.CreateVideoAsync(video)", "video")]
    [TestCase("VideoManager.CreateVideoWithVoicesAsync(video)", "video")]
    [TestCase("VideoManager.CreateVideoWithVoicesAsync", "requests")]
    [TestCase("VoiceManager.CreateVoiceRequestAsync(request)", "request")]
    [TestCase("VoiceManager.ClaimVoicesAsync(claim)", "claim")]
    [TestCase("VoiceManager.CompleteAndClaimVoicesAsync(claim)", "claim")]
    [TestCase("VoiceManager.CompleteAndClaimVoicesAsync(claim)", "completions")]
    [TestCase("VoiceManager.CreateVoiceRequestsAsync", "requests")]
    [TestCase("VoiceMappingManager.SetVoiceMappingAsync", "mapping")]
    [TestCase("VoiceMappingManager.ImportVoiceConfigurationAsync", "configuration")]
    public Task Nothing_instead_of_an_object_is_refused(string method, string parameter) => AssertRefusedAsync(method, parameter, null);

    [Test]
    public async Task A_conversation_is_checked_request_by_request()
    {
        (NewVoiceRequest? Request, string Name)[] bad =
        [
            (null, "requests[1]"),
            (new("", "Oi"), "requests[1].CharacterName"),
            (new(null!, "Oi"), "requests[1].CharacterName"),
            (new(new string('a', 101), "Oi"), "requests[1].CharacterName"),
            (new("A\0", "Oi"), "requests[1].CharacterName"),
            (new("Ana", " "), "requests[1].TextContent"),
            (new("Ana", null!), "requests[1].TextContent"),
            (new("Ana", "\uD83D"), "requests[1].TextContent"),
            (new("Ana", "Oi", Guid.Empty), "requests[1].VoiceMappingId"),
            (new("Ana", "Oi") { MaxAttempts = 0 }, "requests[1].MaxAttempts"),
            (new("Ana", "Oi") { Position = 1 }, "requests[1].Position"),
            (new("Ana", "Oi") { Id = Guid.NewGuid() }, "requests[1].Id"),
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (var (request, name) in bad)
                await AssertRefusedAsync("VoiceManager.CreateVoiceRequestsAsync", "requests", new[] { new("Ana", "Good"), request! }, name);
        }
    }

    /// <summary>Of the longest list that is allowed the first request is refused, because it is null.</summary>
    [TestCase(VoiceManager.MaxPosition + 1, "requests[0]")]
    [TestCase(VoiceManager.MaxPosition + 2, "requests")]
    public Task A_conversation_of_more_requests_than_positions_is_refused(int count, string name) =>
        AssertRefusedAsync("VoiceManager.CreateVoiceRequestsAsync", "requests", new NewVoiceRequest[count], name);

    [Test]
    public async Task A_gender_or_a_quality_that_the_table_does_not_know_is_refused()
    {
        var good = new NewVoiceMapping { VoiceId = "id", VoiceName = "Name", VoiceFile = "file.wav", Language = "pt-br" };
        var bad = new List<(NewVoiceMapping Mapping, string Name)>
        {
            (good with { Gender = "" }, "mapping.Gender"),
            (good with { Gender = "Male" }, "mapping.Gender"),
            (good with { Quality = "best" }, "mapping.Quality"),
        };
        using (Assert.EnterMultipleScope())
        {
            foreach (var (mapping, name) in bad)
                await AssertRefusedAsync("VoiceMappingManager.SetVoiceMappingAsync", "mapping", mapping, name);
        }
    }

    [Test]
    public async Task Remote_audio_needs_its_place_and_local_audio_does_not()
    {
        using (Assert.EnterMultipleScope())
        {
            await AssertRefusedAsync("VoiceManager.CompleteVoiceProcessingAsync", "remoteStoragePath", null);
            Assert.That(
                await CatchAsync("VoiceManager.CompleteVoiceProcessingAsync", ("isLocalStorage", true), ("remoteStoragePath", null)),
                Is.TypeOf<DatabaseConnectionException>());
        }
    }

    private static async Task AssertRefusedAsync(string method, string parameter, object? value, string? name = null)
    {
        var e = await CatchAsync(method, (parameter, value));
        Assert.That(e, Is.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(name ?? parameter), $"{method}: {parameter} = {value ?? "null"}");
    }

    private static async Task<Exception?> CatchAsync(string method, params (string Name, object? Value)[] instead)
    {
        await using var dataSource = NpgsqlDataSource.Create(Nowhere);
        try
        {
            await ManagerMethods.CallAsync(method, dataSource, World.Nowhere, null, TestContext.CurrentContext.CancellationToken, instead);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
