using System.Globalization;
using NUnit.Framework;
using VideoVoice.Data.Hosting;
using VideoVoice.Data.Tests.Hosting;
using VideoVoice.Data.Tests.Processes;

namespace VideoVoice.Data.Tests.Python;

/// <summary>Python processes and this library at work on one database.</summary>
[CancelAfter(240_000)]
public sealed class PythonServicesTests : WorkerTest
{
    [SetUp]
    public void RequirePython() => PythonService.Require();

    [Test]
    public async Task Cloners_of_both_kinds_do_each_of_2000_requests_once()
    {
        await CountCompletionsAsync();
        ChildProcess[] python = [PythonService.Start(ConnectionString, "clone"), PythonService.Start(ConnectionString, "clone")];
        foreach (var cloner in python)
            await cloner.ReadLineAsync(Token);
        for (var i = 0; i < 2; i++)
            await StartWorkerAsync(async (request, token) =>
            {
                await Task.Delay(5, token);
                return new SynthesizedVoice($"/dotnet/{request.Id}.wav");
            });

        var videos = new List<Guid>();
        for (var i = 0; i < 40; i++)
            videos.Add(await CreateVideoAsync([.. Enumerable.Range(0, 50).Select(line => $"{line}")]));
        foreach (var video in videos)
            Assert.That((await Voices.WaitForVoicesAsync(video, cancellationToken: Token))!.AllCompleted, Is.True);

        var byPython = 0;
        foreach (var cloner in python)
        {
            await cloner.WriteLineAsync("stop");
            byPython += int.Parse((await cloner.ReadLineAsync(Token)).Split(' ')[0], CultureInfo.InvariantCulture);
            cloner.Dispose();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ScalarAsync<long>("select count(*) from completions"), Is.EqualTo(2000));
            Assert.That(await ScalarAsync<long>("select count(distinct voice_id) from completions"), Is.EqualTo(2000));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where output_audio_path = format('/python/%s.wav', id)"), Is.EqualTo(byPython));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where output_audio_path = format('/dotnet/%s.wav', id)"), Is.EqualTo(2000 - byPython));
            Assert.That(await ScalarAsync<long>("select count(*) from voices where output_audio_path like '/python/%' and (worker_id is not null or lease_expires_at is not null)"), Is.Zero);
        }
    }

    /// <summary>The code of docs/python.md, beside a worker: each request once, and each cloner gets a share.</summary>
    [Test]
    public async Task A_cloner_with_the_functions_of_the_docs_shares_the_requests_with_a_worker()
    {
        await CountCompletionsAsync();
        await new SchemaInitializer(DataSource).InstallFunctionsAsync(Token);
        var video = await CreateVideoAsync([.. Enumerable.Range(0, 400).Select(line => line == 7 ? "impossible" : $"{line}")]);
        await StartWorkerAsync(async (request, token) =>
        {
            await Task.Delay(20, token);
            return request.TextContent == "impossible" ? throw new PermanentVoiceException("impossible") : new SynthesizedVoice($"/dotnet/{request.TextContent}.wav");
        });

        using var cloner = PythonService.StartPage(ConnectionString, "docs/python.md", """
            def synthesize(text, voice_file, language, renew):
                renew()
                if text == "impossible":
                    raise ValueError(text)
                return f"/python/{text}.wav"
            """);
        var result = (await Voices.WaitForVoicesAsync(video, cancellationToken: Token))!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Status.CompletedVoices, result.Status.FailedVoices), Is.EqualTo((399, 1)));
            Assert.That(await ScalarAsync<long>("select count(distinct voice_id) from completions"), Is.EqualTo(399));
            Assert.That(await ScalarAsync<long>("select count(*) from completions"), Is.EqualTo(399));
            Assert.That(result.Audio.Count(a => a.OutputAudioPath!.StartsWith("/python/", StringComparison.Ordinal)), Is.InRange(20, 390));
        }
    }

    [Test]
    public async Task A_failure_that_a_cloner_of_the_docs_reports_is_tried_again()
    {
        await new SchemaInitializer(DataSource).InstallFunctionsAsync(Token);
        await CreateVideoAsync("bad");
        using var cloner = PythonService.StartPage(ConnectionString, "docs/python.md", """
            def synthesize(text, voice_file, language, renew):
                raise ValueError("No such model: " + voice_file)
            """);

        while (await ScalarAsync<int>("select failures from voices") == 0)
            await Task.Delay(20, Token);

        Assert.That(await ScalarAsync<string>("select concat_ws(' ', status, attempt, errors -> 0 ->> 'message') from voices"), Is.EqualTo("pending 1 No such model: voices/voz_aluno_lucas.wav"));
    }

    [Test]
    public async Task A_generator_of_this_library_waits_for_a_python_cloner()
    {
        using var cloner = PythonService.Start(ConnectionString, "clone");

        var video = await CreateVideoAsync("one", "two", "three");
        var result = await Voices.WaitForVoicesAsync(video, cancellationToken: Token);

        var audio = await Voices.ListCompletedAudioPathsAsync(video, cancellationToken: Token);
        Assert.That(result!.AllCompleted, Is.True);
        Assert.That(audio.Select(a => (a.Position, a.OutputAudioPath)), Is.EqualTo(audio.Select((a, i) => ((int?)i, $"/python/{a.VoiceId}.wav"))));
        Assert.That(audio, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task A_python_generator_waits_for_a_worker_of_this_library_and_gets_its_audio_in_order()
    {
        await StartWorkerAsync((request, _) => Task.FromResult(new SynthesizedVoice($"/{request.TextContent}.wav")));

        using var generator = PythonService.Start(ConnectionString, "generate", "20");

        Assert.That(await generator.ReadLineAsync(Token), Is.EqualTo("created"));
        for (var i = 0; i < 20; i++)
            Assert.That(await generator.ReadLineAsync(Token), Is.EqualTo($"{i} /{i}.wav"));
    }

    [TestCase("complete", "/late.wav")]
    [TestCase("store", "/late.wav")]
    [TestCase("fail", "Late")]
    public async Task A_python_statement_that_comes_too_late_changes_nothing_and_is_counted(string statement, string value)
    {
        await CreateVideoAsync("done");
        var request = (await Voices.ClaimVoicesAsync("w", 1, TimeSpan.FromMinutes(1), cancellationToken: Token)).Single();
        await Voices.CompleteVoicesAsync([new VoiceCompletion(request.Fence, "/done.wav")], cancellationToken: Token);
        var before = await ScalarAsync<string>("select to_jsonb(v)::text from voices v");

        var changed = await PythonService.RunAsync(ConnectionString, Token, statement, $"{request.Id}", value);

        Assert.That(changed, Is.EqualTo("0"));
        Assert.That(await ScalarAsync<string>("select to_jsonb(v)::text from voices v"), Is.EqualTo(before));
        Assert.That((await Status.GetTotalsAsync(cancellationToken: Token)).LateWrites, Is.EqualTo(1));
    }

    [Test]
    public async Task A_failure_that_python_reports_of_a_request_under_a_lease_changes_nothing()
    {
        await CreateVideoAsync("held");
        var request = (await Voices.ClaimVoicesAsync("w", 1, TimeSpan.FromMinutes(1), cancellationToken: Token)).Single();

        Assert.That(await PythonService.RunAsync(ConnectionString, Token, "fail", $"{request.Id}", "Not mine"), Is.EqualTo("0"));

        var outcome = (await Voices.CompleteVoicesAsync([new VoiceCompletion(request.Fence, "/held.wav")], cancellationToken: Token)).Single();
        Assert.That(outcome.Outcome, Is.EqualTo(WriteOutcome.Applied));
        Assert.That((await Status.GetTotalsAsync(cancellationToken: Token)).LateWrites, Is.EqualTo(1));
    }

    [Test]
    public async Task What_python_starts_it_finishes_and_no_worker_and_no_lease_stay_with_it()
    {
        await CreateVideoAsync("completed", "failed", "audio of a lapsed lease");
        var requests = await Voices.ClaimVoicesAsync("w", 3, TimeSpan.FromMilliseconds(100), cancellationToken: Token);
        await Voices.ReleaseVoicesAsync([requests[0].Fence, requests[1].Fence], cancellationToken: Token);
        await SqlAsync("update voices set lease_expires_at = now() - interval '1 second', updated_at = now() where lease_expires_at is not null");

        foreach (var (i, statement) in new[] { (0, "start"), (0, "complete"), (1, "start"), (1, "fail"), (2, "complete") })
            Assert.That(await PythonService.RunAsync(ConnectionString, Token, statement == "start" ? [statement, $"{requests[i].Id}"] : [statement, $"{requests[i].Id}", "/x.wav"]), Is.EqualTo("1"), statement);

        Assert.That(
            await ScalarAsync<string>("select string_agg(status::text, ' ' order by position) from voices where worker_id is null and lease_expires_at is null and updated_at = processing_completed_at or status = 'failed'"),
            Is.EqualTo("completed failed completed"));
        Assert.That((await Status.GetTotalsAsync(cancellationToken: Token)).LateWrites, Is.Zero);
    }
}
