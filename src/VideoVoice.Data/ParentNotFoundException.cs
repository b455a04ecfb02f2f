using Npgsql;

namespace VideoVoice.Data;

/// <summary>A row was to refer to a video or a voice mapping that does not exist. Nothing was written; a transaction that was joined must be rolled back.</summary>
public sealed class ParentNotFoundException : InvalidOperationException
{
    private ParentNotFoundException(string parent, PostgresException inner)
        : base($"The {parent} does not exist. Create it first, in the same transaction or an earlier one.", inner) => Parent = parent;

    /// <summary>What is missing: <c>video</c> or <c>voice mapping</c>.</summary>
    public string Parent { get; }

    internal static ParentNotFoundException? From(PostgresException e) => e.ConstraintName switch
    {
        "voices_video_id_fkey" => new("video", e),
        "voices_voice_mapping_id_fkey" => new("voice mapping", e),
        _ => null,
    };
}
