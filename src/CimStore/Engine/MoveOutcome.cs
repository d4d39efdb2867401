namespace CimStore.Engine;

/// <summary>What became of a move, and why, in words.</summary>
public readonly record struct MoveOutcome(MoveResult Result, string Reason)
{
    /// <summary>None where it was moved, or was not to be.</summary>
    public MoveHindrance Hindrance { get; init; }
}
