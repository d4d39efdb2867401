using CimStore.Locations;

namespace CimStore.Testing.Memory;

/// <summary>
/// A copy in parts, any so many of which give it back. The bytes are kept once: of a part it is only known whether it
/// is right.
/// </summary>
internal sealed class MemoryCopy(CopyManifest manifest, DateTimeOffset created, byte[] content, byte[]? tree, int parts)
{
    private readonly PartState[] _parts = new PartState[parts];

    private enum PartState : byte
    {
        Right = 0,
        Lost = 1,
        Rotten = 2,
    }

    public CopyManifest Manifest => manifest;

    public DateTimeOffset Created => created;

    public byte[] Content => content;

    /// <summary>Null where the content is too small to have one.</summary>
    public byte[]? Tree => tree;

    public int PartsHeld => _parts.Count(static part => part != PartState.Lost);

    public int PartsIntact => _parts.Count(static part => part == PartState.Right);

    public void Lose(int part) => _parts[part] = PartState.Lost;

    public void Rot(int part) => _parts[part] = PartState.Rotten;

    public void Heal() => Array.Clear(_parts);

    /// <summary>Whether one of the parts that are read first is not right.</summary>
    public bool IsDegraded(int partsNeeded) =>
        _parts.Take(partsNeeded).Any(static part => part != PartState.Right);

    /// <summary>What its parts take together.</summary>
    public long RoomBytes(int partsNeeded) => parts * PartBytes(partsNeeded);

    public CopyCondition Condition(int partsNeeded) => new(
        parts, PartsIntact, partsNeeded, [.. Faults()], PartsHeld * PartBytes(partsNeeded));

    private IEnumerable<string> Faults() =>
        from part in Enumerable.Range(0, parts)
        where _parts[part] != PartState.Right
        select _parts[part] == PartState.Lost ? $"Part {part} is missing." : $"Part {part} is damaged.";

    private long PartBytes(int partsNeeded) =>
        ((long)content.Length + (tree?.Length ?? 0) + partsNeeded - 1) / partsNeeded;
}
