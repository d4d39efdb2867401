namespace CimStore.Content;

/// <summary>
/// What came of checking a run of groups against the root. Unless <see cref="IsProved"/>, no byte of the faulty groups
/// may be used; the groups of the run before them are proved.
/// </summary>
public readonly record struct Blake3Proof
{
    private Blake3Proof(long firstGroup, long groups, long? nodeOffset)
    {
        IsProved = groups == 0;
        FaultyGroup = firstGroup;
        FaultyGroups = groups;
        FaultyNodeOffset = nodeOffset;
    }

    /// <summary>Every byte of the run belongs to the root.</summary>
    public bool IsProved { get; }

    /// <summary>The first group that could not be proved.</summary>
    public long FaultyGroup { get; }

    /// <summary>How many groups from there the fault is among: 1 where all nodes were at hand; 0 when proved.</summary>
    public long FaultyGroups { get; }

    /// <summary>Where the outboard is wrong, when it was a node and not the content that did not match.</summary>
    public long? FaultyNodeOffset { get; }

    internal static Blake3Proof Proved { get; } = new(0, 0, null);

    internal static Blake3Proof FaultyContent(Blake3GroupRun run) => new(run.First, run.Count, null);

    internal static Blake3Proof FaultyNode(Blake3GroupRun run) => new(run.First, run.Count, run.NodeOffset);
}
