using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Counts which copies were proved lately, some objects a cycle, round after round: the due index knows when an object
/// is due, but one that could not be read is put off and would look as if it had been proved. Names are hashes, so the
/// part of the first round that is done stands for the whole.
/// </summary>
internal sealed class ProofLap(TimeSpan scrubCycle)
{
    private Sums _now = Sums.None;
    private Sums? _last;

    /// <summary>Behind which object it goes on; null at the beginning of a round.</summary>
    public Content.Cid? At { get; private set; }

    /// <summary>Of the last whole round, or of the first while that is under way; null without copies.</summary>
    public double? Coverage => Shown.Copies == 0 ? null : (double)Shown.Proved / Shown.Copies;

    /// <summary>When the copy was proved that waits longest.</summary>
    public DateTimeOffset? OldestProof => Shown.Oldest;

    private Sums Shown => _last ?? _now;

    /// <summary>One found wrong is not proved, however lately that was found.</summary>
    public void Look(ObjectRecord record, DateTimeOffset now)
    {
        foreach (var copy in record.Copies)
        {
            var isProved = copy.State == CopyState.Verified && now - copy.VerifiedAt <= scrubCycle;
            _now = new Sums(
                _now.Copies + 1, _now.Proved + (isProved ? 1 : 0),
                _now.Oldest < copy.VerifiedAt ? _now.Oldest : copy.VerifiedAt);
        }

        At = record.Key.Cid;
    }

    /// <summary>That was the last object: the next one is the first again.</summary>
    public void End() => (_last, _now, At) = (_now, Sums.None, null);

    private sealed record Sums(long Copies, long Proved, DateTimeOffset? Oldest)
    {
        public static readonly Sums None = new(0, 0, null);
    }
}
