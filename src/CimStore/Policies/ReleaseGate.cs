using System.Globalization;
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

    private static ReleaseVerdict Refused(string reason) => new(false, reason);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
