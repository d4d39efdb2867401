namespace CimStore.Content;

/// <summary>
/// The shape of the graph. The same shape and function give the same root as
/// <c>ipfs add --cid-version=1 --chunker=size-1048576</c>.
/// </summary>
public sealed class UnixFsWriterOptions
{
    /// <summary>Blocks above 1 MiB are not carried by every IPFS tool.</summary>
    public const int LeafSizeBytesMax = 1 << 20;

    public int LeafSizeBytes
    {
        get;
        set => field = value is > 0 and <= LeafSizeBytesMax
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value));
    } = LeafSizeBytesMax;

    /// <summary>Links of one node; 174 is what go-unixfs has always used, 1024 the profile of 2025.</summary>
    public int LinksMax
    {
        get;
        set => field = value is >= 2 and <= 1024 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 174;

    public ulong HashFunction
    {
        get;
        set => field = value is HashFunctions.Blake3 or HashFunctions.Sha256 or HashFunctions.Sha512
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value));
    } = HashFunctions.Blake3;
}
