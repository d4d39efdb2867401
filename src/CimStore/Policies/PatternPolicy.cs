using System.Diagnostics;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>The seed's access patterns as data (B7).</summary>
public static class PatternPolicy
{
    private static readonly PatternVerdict Unspecified = new(
        false, true, "any", TimeSpan.FromDays(30),
        "no access pattern given: cached when read again soon, proved every 30 days");

    private static readonly PatternVerdict ReadMany = new(
        true, true, "any, with room for a read cache", TimeSpan.FromDays(30),
        "write-once-read-many: cached at the first read, proved every 30 days");

    private static readonly PatternVerdict WriteHeavy = new(
        false, false, "ssd with wear levelling", TimeSpan.FromDays(90),
        "write-heavy: never displaces cached content, wants an ssd with wear levelling, proved every 90 days");

    private static readonly PatternVerdict Archival = new(
        false, false, "tape or optical", TimeSpan.FromDays(7),
        "archival: never cached, wants tape or optical media, proved every 7 days");

    public static PatternVerdict For(AccessPattern pattern) => pattern switch
    {
        AccessPattern.Unspecified => Unspecified,
        AccessPattern.WriteOnceReadMany => ReadMany,
        AccessPattern.WriteHeavy => WriteHeavy,
        AccessPattern.Archival => Archival,
        _ => throw new UnreachableException(),
    };
}
