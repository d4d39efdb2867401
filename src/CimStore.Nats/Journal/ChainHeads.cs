using CimStore.Content;

namespace CimStore.Nats.Journal;

/// <summary>What the chain's head was before some of the messages, so that reading may begin there.</summary>
internal sealed class ChainHeads(int every)
{
    private readonly Lock _gate = new();
    private readonly List<(ulong Sequence, Cid? Head)> _heads = [(1, null)];

    /// <param name="sequence">Of the message that comes next.</param>
    /// <param name="head">Of the chain before it.</param>
    public void Note(ulong sequence, Cid? head)
    {
        lock (_gate)
        {
            if (sequence >= _heads[^1].Sequence + (ulong)every)
            {
                _heads.Add((sequence, head));
            }
        }
    }

    /// <returns>The last place at or before the sequence from which the chain can be read.</returns>
    public (ulong Sequence, Cid? Head) Before(ulong sequence)
    {
        lock (_gate)
        {
            var index = _heads.Count - 1;
            while (index > 0 && _heads[index].Sequence > sequence)
            {
                index--;
            }

            return _heads[index];
        }
    }
}
