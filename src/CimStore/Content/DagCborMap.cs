namespace CimStore.Content;

/// <summary>Where <see cref="DagCborReader"/> stands in a map: how many entries follow, which key came last.</summary>
public struct DagCborMap
{
    internal DagCborMap(int count)
    {
        Remaining = count;
        Previous = -1;
    }

    public int Remaining { get; internal set; }

    /// <summary>Offset of the last key's bytes, or -1 before the first.</summary>
    internal int Previous { get; set; }

    internal int PreviousSize { get; set; }
}
