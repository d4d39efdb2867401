namespace CimStore.Nats.Events;

/// <summary>
/// What of a chain is in a stream behind the hint. Events may be there out of order, when one was lost on its way and
/// its follower was not: so it is a set and not a position.
/// </summary>
internal sealed class StreamProgress(ulong sequence)
{
    private readonly HashSet<ulong> _there = [];

    /// <summary>All that is behind what was confirmed lies behind this sequence.</summary>
    public ulong Sequence { get; private set; } = sequence;

    public void Found(ulong lsn) => _there.Add(lsn);

    /// <summary>Whether it is there already; asked once for each.</summary>
    public bool TakeIfThere(ulong lsn) => _there.Remove(lsn);

    /// <summary>One was acknowledged. While others of later places lie before it the sequence must stay.</summary>
    public void Acknowledged(ulong sequence)
    {
        if (_there.Count == 0 && sequence > Sequence)
        {
            Sequence = sequence;
        }
    }
}
