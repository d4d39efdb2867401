using System.Globalization;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// The one question that every path asks before it gives up bytes or a record. Whoever may need an object answers here
/// and nowhere else; the strongest reason is told first (D19).
/// </summary>
public static class ReleaseGate
{
    public static ReleaseVerdict Ask(ObjectRecord record, ReleaseFacts facts, DateTimeOffset now)
    {
        if (!facts.Locks.IsEmpty)
        {
            return Refused($"It is locked by {string.Join(", ", facts.Locks)}.");
        }

        if (!record.References.IsEmpty)
        {
            return Refused(Text($"{record.References.Length} references keep it."));
        }

        if (!facts.Snapshots.IsEmpty)
        {
            return Refused($"It is shown by {string.Join(", ", facts.Snapshots)}.");
        }

        if ((record.Tombstone?.GraceEndsAt ?? record.UnreferencedUntil) is not { } end)
        {
            return Refused("It was not deleted.");
        }

        if (now < end)
        {
            return Refused(Text($"Its grace ends at {end:O}."));
        }

        return facts.ReadersInFlight > 0
            ? Refused(Text($"{facts.ReadersInFlight} readers are at it."))
            : new ReleaseVerdict(true, Text($"No reference, lock, snapshot or reader; its grace ended at {end:O}."));
    }

    /// <summary>
    /// May this one copy go while the object stays? A lock on the object does not forbid that it moves, but it allows
    /// no copy less than the class requires (D19); without one, a debt that exists may stay but not grow.
    /// </summary>
    /// <param name="record">The object as it is now.</param>
    /// <param name="release">The copy, and the record it was decided on.</param>
    /// <param name="facts">Who needs the object or the copy.</param>
    /// <param name="locations">Locations whose copies may be relied on: leave out what is retired or cannot be reached.
    /// </param>
    /// <param name="level">What counts as failing as one.</param>
    public static ReleaseVerdict AskCopy(
        ObjectRecord record, in CopyRelease release, ReleaseFacts facts,
        IReadOnlyDictionary<LocationId, LocationTraits> locations, FailureDomainLevel level)
    {
        if (WhyStale(record, release) is { } stale)
        {
            return Refused(stale);
        }

        if (!facts.CopyLocks.IsEmpty)
        {
            return Refused($"This copy is locked by {string.Join(", ", facts.CopyLocks)}.");
        }

        if (release.IsForSpace && !facts.Locks.IsEmpty)
        {
            return Refused($"It is locked by {string.Join(", ", facts.Locks)}; want of space moves no lock.");
        }

        var location = release.Location;
        var left = record with { Copies = record.Copies.RemoveAll(copy => copy.Location == location) };
        if (CopyCount.Verified(left, locations).Count == 0)
        {
            return Refused("No other verified copy is at hand.");
        }

        var required = ConsistencyTable.CopiesRequired(record.Class);
        var copies = CopyCount.Of(left, locations, level);
        if (!facts.Locks.IsEmpty && copies < required)
        {
            return Refused(Text(
                $"It is locked by {string.Join(", ", facts.Locks)}, and {copies} of {required} copies would be left."));
        }

        var least = release.IsForSpace ? required : Math.Min(required, CopyCount.Of(record, locations, level));
        if (copies < least)
        {
            return Refused(Text($"{copies} copies would be left; {record.Class} requires {required}."));
        }

        return facts.ReadersInFlight > 0
            ? Refused(Text($"{facts.ReadersInFlight} readers are at it.")) with { IsForNow = true }
            : new ReleaseVerdict(true, Text(
                $"{copies} copies are left without it; {record.Class} requires {required}. No reader is at it."));
    }

    private static string? WhyStale(ObjectRecord record, in CopyRelease release)
    {
        if (record.Revision != release.Revision)
        {
            return Text($"The record is at {record.Revision}; this was decided on {release.Revision}.");
        }

        if (!record.IsPresent)
        {
            return "The object was deleted: its copies go with it, when its grace ends.";
        }

        foreach (var copy in record.Copies)
        {
            if (copy.Location == release.Location)
            {
                return copy.Incarnation == release.Incarnation
                    ? null
                    : Text($"{copy.Location} has the incarnation {copy.Incarnation}, not {release.Incarnation}.");
            }
        }

        return $"{release.Location} has no copy of it.";
    }

    private static ReleaseVerdict Refused(string reason) => new(false, reason);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
