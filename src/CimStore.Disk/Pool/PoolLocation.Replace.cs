using System.Runtime.CompilerServices;
using CimStore.Disk.Catalog;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

// A lost directory is replaced by an empty one, by a person's word only; then every copy gets its missing shard.
public sealed partial class PoolLocation
{
    /// <summary>Whether the pool is configured with that shard of that set.</summary>
    public bool HasPlace(int set, int index) => _slots.Any(one => one.Set == set && one.Index == index);

    /// <summary>Makes the empty directory that is configured at this place the pool's.</summary>
    /// <param name="set">Which set, from 0.</param>
    /// <param name="index">Which shard, from 0.</param>
    /// <exception cref="LocationException">The place is in use, or what is there is not empty; nothing was changed.
    /// </exception>
    public void Replace(int set, int index)
    {
        var slot = _slots.FirstOrDefault(one => one.Set == set && one.Index == index)
            ?? throw new LocationException(
                LocationFault.Offline,
                $"The pool {Id} has no shard {index} in a set {set}: {_options.Sets.Length} sets of "
                + $"{_options.TotalShards}.");
        if (slot.Directory is not null)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{slot.Path} is in use as shard {index} of set {set}. Nothing was changed: only what is lost is "
                + "replaced.");
        }

        try
        {
            var own = PoolMarker.Load(_disk, _options.StateDirectory)
                ?? throw new LocationException(LocationFault.Offline, $"The pool {Id} was never made.");
            var marker = PoolOpening.Adopt(_disk, slot.Path, own with
            {
                Directory = _ids.Next().Value,
                Set = set,
                Index = index,
                Created = Now,
            });
            slot.Directory = ShardDirectory.Open(
                _disk, slot.Path, slot.Number, marker, _index, _options.SegmentBytes, _time);
            slot.Fault = null;
            _known.Clear();
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
        catch (LogException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    /// <summary>Copies of which not every shard is known, in the order of their keys: what is left to be healed.
    /// </summary>
    public async IAsyncEnumerable<(ContentKey Key, Copy Copy)> ListIncompleteAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        byte[] last = [ShardKeys.Shard];
        (ContentKey Key, ulong Incarnation, int Shards)? open = null;
        List<(byte[] Key, Place Place)> page;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            page = _index.Page(last, ShardsPerPage);
            foreach (var (key, _) in page)
            {
                last = key;
                var (content, incarnation, _) = ShardKeys.ReadShard(key);
                if (open is { } same && same.Key == content && same.Incarnation == incarnation)
                {
                    open = same with { Shards = same.Shards + 1 };
                    continue;
                }

                if (Incomplete(open) is { } copy)
                {
                    yield return copy;
                }

                open = (content, incarnation, 1);
            }
        }
        while (page.Count == ShardsPerPage);

        if (Incomplete(open) is { } final)
        {
            yield return final;
        }
    }

    private (ContentKey Key, Copy Copy)? Incomplete((ContentKey Key, ulong Incarnation, int Shards)? copy) =>
        copy is var (key, incarnation, shards) && shards < _options.TotalShards
            ? (key, new Copy(Id, incarnation, CopyState.Verified, CopyHeader.Plain, Now))
            : null;
}
