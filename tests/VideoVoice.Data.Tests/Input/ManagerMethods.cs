using System.Reflection;
using Npgsql;

namespace VideoVoice.Data.Tests.Input;

/// <summary>
/// Every public method of every manager, found by reflection, with arguments that let it do its work on a <see cref="World"/>.
/// A new method is tested as soon as it exists; a new parameter fails these tests until <see cref="Valid"/> knows a value for it.
/// </summary>
internal static class ManagerMethods
{
    private static readonly string[] s_reads = ["Get", "List", "Check", "Resolve"];

    private static readonly Dictionary<string, MethodInfo> s_methods = typeof(VideoManager).Assembly.GetExportedTypes()
        .Where(type => type.Name.EndsWith("Manager", StringComparison.Ordinal))
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.GetParameters().Any(p => p.ParameterType == typeof(NpgsqlTransaction)))
        .Select(method => method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(string)) : method)
        .ToDictionary(method => $"{method.DeclaringType!.Name}.{method.Name}{(method.IsGenericMethod ? "<T>" : "")}{OverloadOf(method)}");

    /// <summary>The longest text, by the parameter; null is a column of type text without a limit. A test compares them with the database.</summary>
    internal static readonly IReadOnlyDictionary<string, int?> TextLengths = new Dictionary<string, int?>
    {
        ["title"] = 255,
        ["backgroundVideoPath"] = 500,
        ["outputVideoPath"] = 500,
        ["outputAudioPath"] = 500,
        ["remoteStoragePath"] = 500,
        ["characterName"] = 100,
        ["voiceName"] = 100,
        ["voiceFile"] = 255,
        ["language"] = 10,
        ["voiceId"] = 50,
        ["settingKey"] = 100,
        ["description"] = null,
        ["textContent"] = null,
        ["errorMessage"] = null,
        ["settingValue"] = null,
        ["reason"] = null,
        ["workerId"] = 200,
    };

    public static IEnumerable<string> All => s_methods.Keys;

    public static IEnumerable<string> Writes => All.Where(name => !s_reads.Any(read => s_methods[name].Name.StartsWith(read, StringComparison.Ordinal)));

    /// <summary>Method and parameter, such as title, or the property of one that is a record, such as video.Title.</summary>
    public static IEnumerable<string[]> Parameters<T>(Func<string, bool>? only = null) =>
        from method in s_methods
        from parameter in method.Value.GetParameters()
        from path in IsRecord(parameter.ParameterType)
            ? parameter.ParameterType.GetProperties().Where(p => IsA<T>(p.PropertyType)).Select(p => $"{parameter.Name}.{p.Name}")
            : IsA<T>(parameter.ParameterType) ? [parameter.Name!] : Array.Empty<string>()
        where path != "defaultValue" && only?.Invoke(Leaf(path)) != false
        select new[] { method.Key, path };

    public static bool IsOptional(string method, string path)
    {
        var parameter = s_methods[method].GetParameters().Single(p => p.Name == path.Split('.')[0]);
        return path.Contains('.')
            ? new NullabilityInfoContext().Create(parameter.ParameterType.GetProperty(path.Split('.')[1])!).WriteState == NullabilityState.Nullable
            : parameter is { HasDefaultValue: true, DefaultValue: null };
    }

    /// <summary>The parameter's name, or the property's as a parameter would be named.</summary>
    public static string Leaf(string path) => path.Split('.') is [_, var property] ? char.ToLowerInvariant(property[0]) + property[1..] : path;

    public static IReadOnlyList<ParameterInfo> ParametersOf(string method) =>
        [.. s_methods[method].GetParameters().Where(p => p.ParameterType != typeof(NpgsqlTransaction) && p.ParameterType != typeof(CancellationToken))];

    /// <summary>Returns what the method's task gives, or null when it gives nothing.</summary>
    public static async Task<object?> CallAsync(
        string method,
        NpgsqlDataSource dataSource,
        World world,
        NpgsqlTransaction? transaction = null,
        CancellationToken cancellationToken = default,
        params (string Name, object? Value)[] instead)
    {
        var info = s_methods[method];
        var constructor = info.DeclaringType!.GetConstructors().Single();
        var manager = constructor.Invoke([dataSource, .. constructor.GetParameters().Skip(1).Select(_ => (object?)null)]);
        var arguments = info.GetParameters().Select(p =>
            p.ParameterType == typeof(NpgsqlTransaction) ? transaction
            : p.ParameterType == typeof(CancellationToken) ? cancellationToken
            : instead.Any(i => i.Name == p.Name) ? instead.Single(i => i.Name == p.Name).Value
            : With(Valid(info, p.Name!, world), p.Name!, instead)).ToArray();
        try
        {
            var task = (Task)info.Invoke(manager, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            await task;
            return info.ReturnType.IsGenericType ? ((dynamic)task).Result : null;
        }
        finally
        {
            // The voice manager may still tell its listeners.
            if (manager is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
        }
    }

    private static bool IsA<T>(Type type) => (Nullable.GetUnderlyingType(type) ?? type) == typeof(T);

    private static bool IsRecord(Type type) => type == typeof(NewVideo) || type == typeof(NewVoiceRequest) || type == typeof(NewVoiceMapping) || type == typeof(VoiceClaim);

    private static string OverloadOf(MethodInfo method) =>
        method.GetParameters().FirstOrDefault(p => p.Name == "fence" || (IsRecord(p.ParameterType) && p.ParameterType != typeof(NewVoiceMapping))) is { } parameter ? $"({parameter.Name})" : "";

    /// <summary>The record, with the values of those names that are its properties.</summary>
    private static object? With(object? record, string name, (string Name, object? Value)[] instead)
    {
        foreach (var (path, value) in instead.Where(i => i.Name.StartsWith($"{name}.", StringComparison.Ordinal)))
            record!.GetType().GetProperty(path.Split('.')[1])!.SetValue(record, value);
        return record;
    }

    private static object? Valid(MethodInfo method, string parameter, World world) => (method.DeclaringType!.Name, method.Name, parameter) switch
    {
        (nameof(VideoManager), _, "id") => world.Video,
        (nameof(VoiceManager), "StartVoiceProcessingAsync", "id") => world.PendingVoice,
        (nameof(VoiceManager), _, "id") => world.ProcessingVoice,
        (nameof(VoiceMappingManager), _, "id") => world.Mapping,
        (_, _, "videoId") => world.Video,
        (_, _, "voiceMappingId") => world.Mapping,
        (_, _, "voiceId") => world.VoiceId,
        (_, "ListClaimedVoicesAsync", "claimId") => Guid.NewGuid(),
        (_, _, "settingKey") => world.SettingKey,
        (_, _, "metadata") => """{"key": "value"}""",
        (_, _, "defaultValue") => "value",
        (_, _, "status") => VideoStatus.Failed,
        (_, _, "after") => null,
        (_, _, "offset") => 0,
        (_, _, "limit" or "priority" or "position") => 7,
        (_, _, "isLocalStorage") => false,
        (_, _, "permanent") => true,
        (_, _, "leaseDuration" or "olderThan") => TimeSpan.FromHours(1),
        (_, _, "claim") => new VoiceClaim("valid worker", 7, TimeSpan.FromHours(1)) { ClaimId = Guid.NewGuid(), LoadedVoiceMappingIds = [world.Mapping] },
        (_, _, "video") => new NewVideo("valid title") { Id = Guid.NewGuid(), Description = "valid", BackgroundVideoPath = "/b.mp4", Metadata = """{"key": "value"}""", Priority = 7 },
        (_, _, "request") => new NewVoiceRequest("Ana", "Oi", world.Mapping) { Id = Guid.NewGuid(), Position = 7, MaxAttempts = 7 },
        (_, _, "fence") => new VoiceFence(world.LeasedVoice, 1),
        (_, _, "fences") => new[] { new VoiceFence(world.LeasedVoice, 1) },
        (_, _, "completions") => new[] { new VoiceCompletion(new VoiceFence(world.LeasedVoice, 1), "/a.wav") },
        (_, _, "whatsappImagesPaths") => new[] { "/1.png" },
        (_, _, "requests") => new[] { new NewVoiceRequest("Ana", "Oi", world.Mapping), new NewVoiceRequest("Bia", "Oi") },
        (_, _, "mapping") => new NewVoiceMapping { VoiceId = "new", VoiceName = "New", VoiceFile = "new.wav", Language = "pt-br" },
        (_, _, "configuration") => VoiceConfiguration.Parse("""{"settings": {"new": 1}}"""),
        _ when TextLengths.ContainsKey(parameter) => $"valid {parameter}",
        _ => throw new NotSupportedException($"Give {method.DeclaringType.Name}.{method.Name} a valid {parameter} here, so that the tests of all methods cover it."),
    };
}
