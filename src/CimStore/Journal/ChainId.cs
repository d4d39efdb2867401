namespace CimStore.Journal;

/// <summary>One hash chain: a node's journal from its first entry on.</summary>
public readonly record struct ChainId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}
