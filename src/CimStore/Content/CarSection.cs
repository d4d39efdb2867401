namespace CimStore.Content;

/// <summary>One section of a CAR: a block and its name, and where they lie in the file.</summary>
/// <param name="Cid">The name of the block.</param>
/// <param name="Offset">Where the section begins: its length, its CID, its block.</param>
/// <param name="BlockOffset">Where the block begins.</param>
/// <param name="BlockSizeBytes">How long the block is.</param>
public readonly record struct CarSection(Cid Cid, long Offset, long BlockOffset, long BlockSizeBytes)
{
    public bool IsVerifiable => Cid.IsVerifiable;
}
