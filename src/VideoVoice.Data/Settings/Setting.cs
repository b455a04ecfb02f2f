namespace VideoVoice.Data;

/// <summary>A row of the table <c>settings</c>. All times are UTC.</summary>
public sealed record Setting
{
    /// <summary>Primary key.</summary>
    public Guid Id { get; init; }

    /// <summary>Unique name, at most 100 characters.</summary>
    public string SettingKey { get; init; } = "";

    /// <summary>Value as text; it may be empty.</summary>
    public string SettingValue { get; init; } = "";

    /// <summary>Free text.</summary>
    public string? Description { get; init; }

    /// <summary>When the row was inserted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the row last changed; kept by a trigger.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
