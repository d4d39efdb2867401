using System.Collections.Immutable;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>What reading every copy from its medium showed.</summary>
public sealed record VerifyResult(Cid Cid, bool IsWhole, ImmutableArray<CopyVerdict> Copies)
{
    /// <summary>A copy was found wrong, or there is none. Where it is neither whole nor bad, a copy could not be read.
    /// </summary>
    internal bool IsBad => Copies.IsEmpty || Copies.Any(static copy => copy is { IsRight: false, IsUnread: false });
}
