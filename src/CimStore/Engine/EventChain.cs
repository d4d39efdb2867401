using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// Walks the events from the first to the last. The node proves each entry against its own CID when it reads it;
/// here it is seen that each names the one before, so that none was changed, left out or put in between.
/// </summary>
internal static class EventChain
{
    /// <returns>How many entries are right, and what is wrong with the one behind them; null when none is.</returns>
    public static async Task<(long Right, string? Wrong)> VerifyAsync(
        IAsyncEnumerable<JournalEntry> events, WorkCount done, CancellationToken cancellationToken)
    {
        long right = 0;
        var lsn = Lsn.None;
        Cid? last = null;
        try
        {
            await foreach (var entry in events.WithCancellation(cancellationToken))
            {
                if (entry.Lsn <= lsn)
                {
                    return (right, $"the entry at lsn {entry.Lsn} follows the one at lsn {lsn}");
                }

                if (entry.PreviousCid != last)
                {
                    return (right, $"the entry at lsn {entry.Lsn} ({entry.EventCid}) names {Text(entry.PreviousCid)} "
                        + $"as the one before it; that is {Text(last)} at lsn {lsn}");
                }

                done.Add(1, 0);
                (right, lsn, last) = (right + 1, entry.Lsn, entry.EventCid);
            }
        }
        catch (IntegrityException exception)
        {
            return (right, $"behind lsn {lsn}: {exception.Message}");
        }

        return (right, null);
    }

    private static string Text(Cid? cid) => cid?.ToString() ?? "none";
}
