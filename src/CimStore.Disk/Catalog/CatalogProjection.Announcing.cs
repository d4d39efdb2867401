using CimStore.Disk.Log;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Catalog;

// What committers were told of and the index does not have yet: a batch or two, by the objects they are about.
internal sealed partial class CatalogProjection
{
    private readonly Lock _announcing = new();
    private (HashSet<ContentKey> Keys, ulong Last)[] _announced = [];
    private bool _hasFailed;

    public bool Announce(LogBatch batch)
    {
        // Who relocates goes on to drop the original: he is told when the index knows of it.
        if (PlacesOnly || batch.Kind != BatchKind.Records)
        {
            return false;
        }

        var keys = chain.KeysUntil(batch.End.LastLsn);
        if (Volatile.Read(ref _hasFailed))
        {
            // Behind a batch that failed the entries at hand are given up, though these were being synced already.
            AddKeys(batch, keys);
        }

        lock (_announcing)
        {
            Volatile.Write(ref _announced, [.. _announced, (keys, batch.End.LastLsn)]);
        }

        return true;
    }

    /// <summary>
    /// Whether something of this object is durable and not in the index: on its way, or missed when the index failed.
    /// </summary>
    public bool IsAnnounced(in ContentKey key)
    {
        foreach (var (keys, _) in Volatile.Read(ref _announced))
        {
            if (keys.Contains(key))
            {
                return true;
            }
        }

        return false;
    }

    private static void AddKeys(LogBatch batch, HashSet<ContentKey> keys)
    {
        foreach (var record in batch)
        {
            if (record.Type == RecordKinds.Entry
                && ObjectHistory.KeyOf(EntryCodec.Read(record.Meta.Span, out _, out _).Event) is { } key)
            {
                keys.Add(key);
            }
        }
    }

    /// <summary>What is in the index need not be waited for.</summary>
    private void Withdraw(ulong last)
    {
        if (_announced.Length > 0)
        {
            lock (_announcing)
            {
                Volatile.Write(ref _announced, Array.FindAll(_announced, announced => announced.Last > last));
            }
        }
    }
}
