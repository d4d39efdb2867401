using System.Globalization;
using CimStore.Disk.Files;

namespace CimStore.Crashing;

/// <summary>
/// Where the process dies by its own hand: at the n-th operation of a kind, or of all kinds, or at the n-th sync of a
/// place; before it, in the middle of its bytes, or after it. Written as <c>KIND:MOMENT:NUMBER</c>, for example
/// <c>LogBatch:Before:3</c>, <c>Write:Half:20</c>, <c>Any:After:7</c>.
/// </summary>
internal sealed record CrashPoint(string Kind, CrashMoment Moment, int Number)
{
    public const string Any = nameof(Any);

    /// <summary>The environment variable that names it.</summary>
    public const string Variable = "CIMSTORE_CRASH_POINT";

    private int _met;

    public static CrashPoint? Parse(string? text) =>
        text?.Split(':') is [var kind, var moment, var number]
            ? new CrashPoint(
                kind, Enum.Parse<CrashMoment>(moment), int.Parse(number, CultureInfo.InvariantCulture))
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Moment}:{Number}");

    /// <returns>When this operation is the one: the moment at which to die.</returns>
    public CrashMoment? Meet(DiskOperation operation, SyncPoint? sync = null)
    {
        var isMeant = Kind == Any || Kind == operation.ToString() || Kind == sync?.ToString();
        return isMeant && Interlocked.Increment(ref _met) == Number + 1 ? Moment : null;
    }
}
