using System.Text;

namespace CimStore.Content;

/// <summary>
/// The two canonical orders of map keys, both on UTF-8 bytes: dag-cbor puts shorter keys first, dag-json does not.
/// </summary>
internal sealed class IpldKeyOrder : IComparer<string>
{
    public static readonly IpldKeyOrder ShorterFirst = new(isShorterFirst: true);
    public static readonly IpldKeyOrder Bytewise = new(isShorterFirst: false);

    private readonly bool _isShorterFirst;

    private IpldKeyOrder(bool isShorterFirst) => _isShorterFirst = isShorterFirst;

    /// <summary>dag-cbor's order of encoded keys.</summary>
    public static int CompareShorterFirst(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);

    public int Compare(string? x, string? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        var byLength = _isShorterFirst ? Encoding.UTF8.GetByteCount(x).CompareTo(Encoding.UTF8.GetByteCount(y)) : 0;
        return byLength != 0 ? byLength : CompareUtf8(x, y);
    }

    /// <summary>
    /// UTF-16 order differs from UTF-8 order in one thing: surrogates (code points above U+FFFF) sort before
    /// U+E000..U+FFFF instead of after.
    /// </summary>
    private static int CompareUtf8(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        var (a, b) = (left[common], right[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
