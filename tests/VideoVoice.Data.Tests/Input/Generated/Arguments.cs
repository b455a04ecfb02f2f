using System.Reflection;
using CsCheck;

namespace VideoVoice.Data.Tests.Input.Generated;

/// <summary>Arguments for a method of a manager: of the type, around the limits, and null where the annotation forbids it.</summary>
internal static class Arguments
{
    internal static Gen<int> Number { get; } = Gen.Frequency(
        (6, Gen.Int[1, 20]),
        (2, Gen.OneOf(int.MinValue, -1_000_001, -1_000_000, -1, 0, 1, 1000, 1001, 9999, 10_000, 10_001, 999_999, 1_000_000, 1_000_001, int.MaxValue)),
        (1, Gen.Int));

    internal static Gen<TimeSpan> Duration { get; } = Gen.Frequency(
        (5, Gen.Int[1, 100_000].Select(ms => TimeSpan.FromMilliseconds(ms))),
        (2, Gen.OneOf(
            TimeSpan.MinValue, TimeSpan.FromTicks(-1), TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromMicroseconds(1.5), TimeSpan.FromMilliseconds(99.9), TimeSpan.FromMilliseconds(100),
            TimeSpan.FromDays(1), TimeSpan.FromDays(1) + TimeSpan.FromTicks(1), TimeSpan.FromDays(365), TimeSpan.FromDays(36_500), TimeSpan.MaxValue)),
        (1, Gen.TimeSpan));

    private static readonly Gen<DateTimeOffset> s_time = Gen.Frequency(
        (3, Gen.Int[0, 1_000_000].Select(s => DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + (s * 100)))),
        (2, Gen.OneOf(
            DateTimeOffset.MinValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch, new(1, 1, 1, 14, 0, 0, TimeSpan.FromHours(14)), new(9999, 12, 31, 9, 59, 59, TimeSpan.FromHours(-14)),
            new(2026, 3, 29, 2, 30, 0, TimeSpan.FromHours(1)), new(1582, 10, 10, 0, 0, 0, TimeSpan.Zero))),
        (1, Gen.DateTimeOffset));

    /// <summary>One generator for all of a method's parameters, by their names.</summary>
    internal static Gen<(string Name, object? Value)[]> Of(string method, World world) =>
        ManagerMethods.ParametersOf(method).Aggregate(
            Gen.Const(Array.Empty<(string, object?)>()),
            (all, parameter) => Gen.Select(all, Of(parameter, world), (before, value) => ((string, object?)[])[.. before, (parameter.Name!, value)]));

    /// <summary>The generated text of all arguments that is stored as text where the call takes effect.</summary>
    internal static IEnumerable<string> TextsOf(object? value) => value switch
    {
        null => [],
        string text => [text],
        NewVideo v => new[] { v.Title, v.Description, v.BackgroundVideoPath }.OfType<string>(),
        NewVoiceRequest r => [r.CharacterName, r.TextContent],
        NewVoiceMapping m => new[] { m.VoiceId, m.VoiceName, m.VoiceFile, m.Language, m.Description, m.Gender, m.Quality }.OfType<string>(),
        VoiceConfiguration c => c.Mappings.SelectMany(TextsOf).Concat(c.Settings.Keys).Concat(c.Settings.Values),
        System.Collections.IEnumerable list => list.Cast<object?>().SelectMany(TextsOf),
        _ => [],
    };

    private static Gen<object?> Of(ParameterInfo parameter, World world)
    {
        var (type, name) = (parameter.ParameterType, parameter.Name!);
        var ids = Ids(world);
        if (type == typeof(string))
            return Boxed(name == "metadata" ? Json.Any : name == "settingKey" ? Gen.Frequency((1, Gen.Const<string?>(world.SettingKey)), (2, Text(name))) : Text(name));
        if (type == typeof(int))
            return Boxed(Number);
        if (type == typeof(bool))
            return Boxed(Gen.Bool);
        if (type == typeof(TimeSpan))
            return Boxed(Duration);
        if (type == typeof(Guid))
            return Boxed(ids);
        if (type == typeof(Guid?))
            return Gen.OneOf(Boxed(ids), Gen.Const(() => (object?)null));
        if (type == typeof(VideoStatus))
            return Boxed(Gen.Frequency((6, Gen.OneOf(Enum.GetValues<VideoStatus>())), (1, Gen.Int.Select(i => (VideoStatus)i))));
        if (type == typeof(PageCursor?))
            return Gen.OneOf(Boxed(Gen.Select(s_time, ids, (at, id) => new PageCursor(at, id))), Gen.Const(() => (object?)null));
        if (type == typeof(NewVideo))
            return OrNull(Gen.Select(Text("title"), OrNone(ids), Text("description"), Text("backgroundVideoPath"), Json.Any, Number, (title, id, description, path, metadata, priority) =>
                new NewVideo(title!) { Id = id, Description = description, BackgroundVideoPath = path, Metadata = metadata, Priority = priority }));
        if (type == typeof(NewVoiceRequest))
            return OrNull(Request(world, alone: true));
        if (type == typeof(NewVoiceMapping))
            return OrNull(Gen.Select(Text("voiceId"), Text("voiceName"), Text("voiceFile"), Texts.UpTo(10), Text("description"), Texts.OneOf("male", "female", "other"), Texts.OneOf("low", "medium", "high"), Gen.Bool,
                (id, voiceName, file, language, description, gender, quality, isDefault) => new NewVoiceMapping { VoiceId = id!, VoiceName = voiceName!, VoiceFile = file!, Language = language!, Description = description, Gender = gender, Quality = quality, IsDefault = isDefault }));
        if (type == typeof(VoiceClaim))
            return OrNull(Gen.Select(Text("workerId"), Number, Duration, OrNone(ids), ids.Array[0, 5], (worker, limit, lease, claimId, loaded) =>
                new VoiceClaim(worker!, limit, lease) { ClaimId = claimId, LoadedVoiceMappingIds = loaded }));
        if (type == typeof(VoiceConfiguration))
            return Gen.OneOf(Boxed(Configurations.Valid), Gen.Const(() => (object?)null));
        if (type == typeof(VoiceFence))
            return Boxed(Fence(world));
        if (type == typeof(IReadOnlyCollection<VoiceFence>))
            return OrNull(Fence(world).Array[0, 6]);
        if (type == typeof(IReadOnlyCollection<VoiceCompletion>))
            return OrNull(Gen.Select(Fence(world), Text("outputAudioPath"), Text("remoteStoragePath"), (fence, path, remote) => new VoiceCompletion(fence, path!, remote)).Array[0, 4]);
        if (type == typeof(IReadOnlyCollection<string>))
            return OrNull(Texts.UpTo(null).Array[0, 4]);
        if (type == typeof(IReadOnlyList<NewVoiceRequest>))
            return OrNull(Gen.Frequency((20, Request(world, alone: false)), (1, Gen.Const(() => (NewVoiceRequest)null!)), (1, Request(world, alone: true))).Array[0, 4]);
        throw new NotSupportedException($"Say here how a {type.Name} is generated, for {name}.");
    }

    private static Gen<string?> Text(string name) => Texts.UpTo(name == "defaultValue" ? null : ManagerMethods.TextLengths[name]);

    internal static Gen<Guid> Ids(World world) => Gen.Frequency(
        (6, Gen.OneOf(world.Video, world.PendingVoice, world.ProcessingVoice, world.LeasedVoice, world.Mapping)),
        (2, Gen.Guid),
        (1, Gen.OneOf(Guid.Empty, Guid.AllBitsSet)));

    private static Gen<VoiceFence> Fence(World world) => Gen.Select(Ids(world), Gen.Frequency((5, Gen.Const(1)), (1, Number)), (id, attempt) => new VoiceFence(id, attempt));

    private static Gen<NewVoiceRequest> Request(World world, bool alone) => Gen.Select(
        Text("characterName"), Text("textContent"), OrNone(Gen.OneOf(Gen.Const(world.Mapping), Ids(world))), OrNone(Ids(world)), OrNone(Number), OrNone(Number),
        (name, text, mapping, id, position, attempts) => new NewVoiceRequest(name!, text!, mapping) { Id = alone ? id : null, Position = alone ? position : null, MaxAttempts = attempts });

    private static Gen<object?> Boxed<T>(Gen<T> gen) => gen.Select(value => (object?)value);

    private static Gen<object?> OrNull<T>(Gen<T> gen) => Gen.Frequency((15, Boxed(gen)), (1, Gen.Const(() => (object?)null)));

    private static Gen<T?> OrNone<T>(Gen<T> gen)
        where T : struct => Gen.OneOf(gen.Select(value => (T?)value), Gen.Const(() => (T?)null));
}
