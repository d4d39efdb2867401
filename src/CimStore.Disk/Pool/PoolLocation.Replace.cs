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
    /// <exception cref="LocationException">The place is in use, what is there is not empty, or too few of the others
    /// are in use to make its shards from; nothing was changed.</exception>
    public void Replace(int set, int index)
    {
        try
        {
            var slot = RequireReplaceable(set, index);
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

    /// <summary>What <see cref="Replace"/> and the heals behind it would make; it reads, and changes nothing.</summary>
    /// <exception cref="LocationException">It would be refused.</exception>
    public ReplaceForecast Forecast(int set, int index, CancellationToken cancellationToken)
    {
        try
        {
            RequireReplaceable(set, index);
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }

        var forecast = new ReplaceForecast(0, 0, 0);
        foreach (var known in ListKnown(cancellationToken).Where(known => known.Set == set))
        {
            forecast = LookAhead(known, index) switch
            {
                null => forecast,
                < 0 => forecast with { Hopeless = forecast.Hopeless + 1 },
                { } bytes => forecast with
                {
                    Copies = forecast.Copies + 1,
                    SizeBytes = forecast.SizeBytes + bytes,
                },
            };
        }

        return forecast;
    }

    /// <summary>Copies of which not every shard is known, in the order of their keys: what is left to be healed.
    /// </summary>
    public async IAsyncEnumerable<(ContentKey Key, Copy Copy)> ListIncompleteAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var known in ListKnown(cancellationToken).Where(known => known.Shards < _options.TotalShards))
        {
            yield return (
                known.Key, new Copy(Id, known.Incarnation, CopyState.Verified, CopyHeader.Plain, Now));
        }
    }

    private IEnumerable<KnownShards> ListKnown(CancellationToken cancellationToken)
    {
        byte[] last = [ShardKeys.Shard];
        KnownShards? open = null;
        List<(byte[] Key, Place Place)> page;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            page = _index.Page(last, ShardsPerPage);
            foreach (var (key, _) in page)
            {
                last = key;
                var (content, incarnation, slot) = ShardKeys.ReadShard(key);
                if (open is { } same && same.Key == content && same.Incarnation == incarnation)
                {
                    open = same with { Shards = same.Shards + 1 };
                    continue;
                }

                if (open is { } whole)
                {
                    yield return whole;
                }

                open = new KnownShards(content, incarnation, slot / _options.TotalShards, 1);
            }
        }
        while (page.Count == ShardsPerPage);

        if (open is { } final)
        {
            yield return final;
        }
    }

    private PoolSlot RequireReplaceable(int set, int index)
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

        PoolOpening.RequireEmpty(_disk, slot.Path);

        // A plain directory never had others: what it held is made again from other locations.
        var others = DirectoriesOf(set).Count(static one => one is { CanTakeShards: true });
        return others >= _options.DataShards || _options.TotalShards == 1
            ? slot
            : throw new LocationException(
                LocationFault.Offline,
                $"{others} of the other {_options.TotalShards - 1} directories of set {set} of the pool {Id} are in "
                + $"use, and a shard is made again from {_options.DataShards} of them. Nothing was changed. Bring "
                + $"{_options.DataShards - others} more of those that are away back first, then replace this one. If "
                + "they are lost for good no copy of this set can be read from here: bind another location, and "
                + $"`cimstore repair` makes there what has other copies. {string.Join(" ", Warnings)}");
    }

    /// <returns>The bytes of the shard; negative when it cannot be made, null when the copy was given up.</returns>
    private long? LookAhead(in KnownShards known, int index)
    {
        try
        {
            if (FindNow(known.Key, known.Incarnation, null) is not { } found)
            {
                return null;
            }

            var (shape, sources) = (found.Description, 0);
            for (var shard = 0; shard < found.Shards.Length; shard++)
            {
                sources += shard != index && found.Shards[shard] is { Directory.CanTakeShards: true } ? 1 : 0;
            }

            return sources < shape.DataShards ? -1
                : shape.IsLarge ? shape.Content.ShardBytes + shape.Tree.ShardBytes
                : shape.Content.CellBytes(0);
        }
        catch (Exception failure) when (failure is IntegrityException or LocationException)
        {
            return -1;
        }
    }

    private readonly record struct KnownShards(ContentKey Key, ulong Incarnation, int Set, int Shards);
}
