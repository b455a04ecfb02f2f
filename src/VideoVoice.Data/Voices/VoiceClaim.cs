using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>What a worker asks for, for <see cref="VoiceManager.ClaimVoicesAsync(VoiceClaim, Npgsql.NpgsqlTransaction?, CancellationToken)"/>.</summary>
/// <param name="WorkerId">Who claims, 1 to 200 characters; for people who read the table.</param>
/// <param name="Limit">Most requests to take, 1 to 10,000.</param>
/// <param name="LeaseDuration">How long the lease lasts without a heartbeat, 100 ms to 1 day, by the server's clock.</param>
public sealed record VoiceClaim(string WorkerId, int Limit, TimeSpan LeaseDuration)
{
    /// <summary>Mappings whose voice the worker has loaded and prefers; empty for no preference.</summary>
    public IReadOnlyList<Guid> LoadedVoiceMappingIds
    {
        get;
        init => field = EqualList<Guid>.Of(value);
    } = EqualList<Guid>.Of([]);

    /// <summary>An id of the caller's for this claim, by which <see cref="VoiceManager.ListClaimedVoicesAsync"/> finds what it took when its answer is lost; or null.</summary>
    public Guid? ClaimId { get; init; }

    internal static TimeSpan MinLease { get; } = TimeSpan.FromMilliseconds(100);

    internal static TimeSpan MaxLease { get; } = TimeSpan.FromDays(1);

    internal VoiceClaim Checked(string name)
    {
        Check.Text(WorkerId, 200, $"{name}.{nameof(WorkerId)}");
        Check.Limit(Limit, $"{name}.{nameof(Limit)}");
        Check.Duration(LeaseDuration, MinLease, MaxLease, $"{name}.{nameof(LeaseDuration)}");
        Check.OptionalId(ClaimId, $"{name}.{nameof(ClaimId)}");
        return this;
    }
}
