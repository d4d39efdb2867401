namespace CimStore.Content;

/// <summary>What a walk along a chain showed.</summary>
/// <param name="VerifiedCount">Entries that are what the chain says, counted from the head.</param>
/// <param name="Break">The first entry that is not, or null when the chain is whole.</param>
public sealed record ChainVerdict(long VerifiedCount, ChainBreak? Break)
{
    public bool IsWhole => Break is null;
}
