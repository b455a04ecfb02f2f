namespace VideoVoice.Data;

/// <summary>The place after which the next page of a list begins: the creation time and the id of the last row of the page before.</summary>
/// <param name="CreatedAt">The row's <c>created_at</c>, UTC.</param>
/// <param name="Id">The row's <c>id</c>.</param>
public readonly record struct PageCursor(DateTimeOffset CreatedAt, Guid Id);
