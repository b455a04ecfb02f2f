using VideoVoice.Data.Internal;


namespace VideoVoice.Data;

/// <summary>A video to create, for <see cref="VideoManager.CreateVideoAsync(NewVideo, Npgsql.NpgsqlTransaction?, CancellationToken)"/>.</summary>
/// <param name="Title">Title, 1 to 255 characters.</param>
public sealed record NewVideo(string Title)
{
    /// <summary>The id to use, by which a repeat finds the video; null makes a new version 7 UUID.</summary>
    public Guid? Id { get; init; }

    /// <summary>Free text, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Path, 1 to 500 characters, or null.</summary>
    public string? BackgroundVideoPath { get; init; }

    /// <summary>Valid JSON, or null.</summary>
    public string? Metadata { get; init; }

    /// <summary>Requests of a video with a higher number are claimed first; up to <see cref="VideoManager.MaxPriority"/> above or below 0.</summary>
    public int Priority { get; init; }

    internal NewVideo Checked(string name)
    {
        Check.OptionalId(Id, $"{name}.{nameof(Id)}");
        Check.Text(Title, 255, $"{name}.{nameof(Title)}");
        Check.Value(Description, null, $"{name}.{nameof(Description)}");
        Check.OptionalText(BackgroundVideoPath, 500, $"{name}.{nameof(BackgroundVideoPath)}");
        Check.Json(Metadata, $"{name}.{nameof(Metadata)}");
        Check.Range(Priority, -VideoManager.MaxPriority, VideoManager.MaxPriority, $"{name}.{nameof(Priority)}");
        return this;
    }
}
