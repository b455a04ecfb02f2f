namespace VideoVoice.Data;

/// <summary>What a create did that may find its row there already, such as a repeat of a call whose answer was lost.</summary>
/// <param name="Id">The id of the row that is there now.</param>
/// <param name="Created">Whether this call created it; false leaves what is there as it is.</param>
public sealed record CreateResult(Guid Id, bool Created);
