namespace CimStore.Disk.Catalog;

/// <summary>Sums over all objects, kept up to date with every entry.</summary>
/// <param name="Objects">Objects that are present.</param>
/// <param name="LogicalBytes">Their sizes, whatever copies there are.</param>
/// <param name="LiveBytes">Bytes of the local copies of present objects.</param>
/// <param name="HeldBytes">Bytes of the local copies of deleted objects that are not released.</param>
internal readonly record struct StoreTotals(long Objects, long LogicalBytes, long LiveBytes, long HeldBytes)
{
    public static StoreTotals operator +(StoreTotals left, StoreTotals right) => new(
        left.Objects + right.Objects, left.LogicalBytes + right.LogicalBytes,
        left.LiveBytes + right.LiveBytes, left.HeldBytes + right.HeldBytes);

    public static StoreTotals operator -(StoreTotals left, StoreTotals right) => new(
        left.Objects - right.Objects, left.LogicalBytes - right.LogicalBytes,
        left.LiveBytes - right.LiveBytes, left.HeldBytes - right.HeldBytes);
}
