namespace CimStore.Engine;

/// <summary>What became of a move, and why, in words.</summary>
public readonly record struct MoveOutcome(MoveResult Result, string Reason);
