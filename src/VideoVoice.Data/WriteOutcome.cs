namespace VideoVoice.Data;

/// <summary>What a write did. A lost race is a value, never an exception; only <see cref="Applied"/> and <see cref="RetryScheduled"/> changed a row.</summary>
public enum WriteOutcome
{
    /// <summary>The row was changed, by this call or by an equal one before it whose answer was lost; a request's write is known as equal by its fence.</summary>
    Applied,

    /// <summary>The failure was recorded and the request is pending again, not before its <c>available_at</c>.</summary>
    RetryScheduled,

    /// <summary>Nothing was changed: the row was completed or failed already. For a request without a fence also the second of two equal writes.</summary>
    AlreadyFinished,

    /// <summary>Nothing was changed: the request belongs to another attempt or to a worker with a lease.</summary>
    LeaseLost,

    /// <summary>Nothing was changed: the state machine has no such step from the row's state.</summary>
    NotAllowed,

    /// <summary>Nothing was changed: there is no such row.</summary>
    NotFound,
}
