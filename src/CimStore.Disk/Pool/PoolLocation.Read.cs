using System.Buffers;
using System.Collections.Concurrent;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

// Reading: from the data shards while they are right.
public sealed partial class PoolLocation
{
    private const int DegradedMax = 4096;

    private readonly ConcurrentDictionary<(ContentKey Key, ulong Incarnation), bool> _degraded = new();

    // Copies whose shards are going, one directory after the other.
    private readonly ConcurrentDictionary<(ContentKey Key, ulong Incarnation), bool> _releasing = new();

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Read(key, copy, offset, destination.Span, CellCheck.OfContent, cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Read(key, copy, offset, destination.Span, CellCheck.OfTree, cancellationToken);

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(copy.Location == Id ? Count(key, copy.Incarnation) : null);
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded()
    {
        var taken = _degraded.Keys.ToList();
        taken.ForEach(copy => _degraded.TryRemove(copy, out _));
        return taken;
    }

    /// <summary>
    /// Somebody had to compute what a shard should have held. Noted only while that shard can be made again: the scrub
    /// reads what is noted, computes the same, and would be told of the same copy by its own reading for ever.
    /// </summary>
    internal void NoteIfHealable(PoolCopy copy)
    {
        // Without parity nothing makes a shard again: the copy is wrong, and whoever read it says so.
        var manifest = copy.Description.Manifest;
        if (_options.ParityShards == 0 || _degraded.ContainsKey((manifest.Key, manifest.Incarnation)))
        {
            return;
        }

        var directories = DirectoriesOf(copy.Set);
        var lacking = Enumerable.Range(0, directories.Length)
            .Where(shard => copy.Shards[shard] is null || copy.IsBad(shard));
        if (lacking.Any(shard => directories[shard] is { CanTakeShards: true }))
        {
            NoteDegraded(manifest);
        }
    }

    /// <summary>Written without all its shards: looked at once, and made whole when its directory is back by then.
    /// </summary>
    internal void NoteDegraded(CopyManifest manifest)
    {
        if (_degraded.Count < DegradedMax)
        {
            _degraded[(manifest.Key, manifest.Incarnation)] = true;
        }
    }

    internal Place? FindPlace(CopyManifest manifest, int slot) => _index.Find(manifest.Key, manifest.Incarnation, slot);

    /// <returns>Null when it is not there.</returns>
    /// <exception cref="IntegrityException">It is damaged.</exception>
    /// <exception cref="LocationException">It cannot be read.</exception>
    internal static ShardDescription? DescribeShard(PoolShard shard)
    {
        var described = shard.Place.Kind == PlaceKind.Large
            ? DescribeFile(shard.Directory, shard.Place.LargeId)
            : DescribeRecord(shard.Directory, shard.Place);
        if (described is null)
        {
            shard.Directory.RequireHere();
        }

        return described;
    }

    /// <summary>
    /// Why a copy cannot be read: it is corrupt only when too few shards would be right if all that could not be read
    /// were. While they may be enough it is away, or the medium refuses it.
    /// </summary>
    internal Exception TooFew(PoolCopy copy, ReadOnlySpan<bool> isRight, string where)
    {
        var shape = copy.Description;
        var (missing, unread) = (new List<int>(), new List<LocationException>());
        var possible = 0;
        for (var shard = 0; shard < shape.TotalShards; shard++)
        {
            var why = isRight[shard] ? null : copy.WhyUnread(shard);
            possible += isRight[shard] || copy.IsAway[shard] || why is not null ? 1 : 0;
            if (copy.Shards[shard] is null || copy.IsBad(shard))
            {
                missing.Add(shard);
            }

            if (why is not null)
            {
                unread.Add(why);
            }
        }

        var text = $"The copy of {shape.Manifest.Key.Cid} in the pool {Id} cannot be read: shards "
            + $"{string.Join(", ", missing)} of {shape.DataShards}+{shape.ParityShards} are missing or damaged"
            + $"{where}, and any {shape.DataShards} are needed.";
        return possible >= shape.DataShards
            ? Away(text, copy.IsAway.Contains(true), unread)
            : new IntegrityException(text);
    }

    /// <summary>A fault of the medium when nothing else is in the way: then whoever asks may try another copy here.
    /// </summary>
    private LocationException Away(string text, bool isSlotAway, List<LocationException> unread)
    {
        var isMedium = !isSlotAway && unread.TrueForAll(static why => why.Fault == LocationFault.Medium);
        var reasons = unread.Select(static why => why.Message).Concat(Warnings).Distinct();
        return new LocationException(
            isMedium ? LocationFault.Medium : LocationFault.Offline, $"{text} {string.Join(" ", reasons)}",
            unread.FirstOrDefault());
    }

    /// <summary>
    /// Only parts that can be had now: asked before another copy is given up, so each shard is looked at where it lies,
    /// a small one whole, a large one by its header. What the copy is never changes, and is not read again.
    /// </summary>
    /// <exception cref="LocationException">All of its directories are gone, or refuse what is in them: nothing is known
    /// of it.</exception>
    private HeldCopy? Count(in ContentKey key, ulong incarnation)
    {
        if (FindNow(key, incarnation, _known.Find(key, incarnation)?.Description) is not { } found)
        {
            return null;
        }

        var (parts, isHere, unread) = (0, false, new List<LocationException>());
        for (var index = 0; index < found.Shards.Length; index++)
        {
            if (found.Shards[index] is not { Directory.IsHere: true } shard)
            {
                continue;
            }

            isHere = true;
            parts += IsIntact(shard, index, found.Description, unread) ? 1 : 0;
        }

        if (!isHere)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"Every directory of the pool {Id} that has a shard of {key.Cid} was removed or unmounted. "
                + string.Join(" ", Warnings));
        }

        return Counted(found, parts, unread);
    }

    private static bool IsIntact(
        PoolShard shard, int index, ShardDescription shape, List<LocationException> unread) =>
        shard.Directory.Log.Failure is null
        && (shard.Place.Kind != PlaceKind.Large || shard.Directory.Large.IsThere(shard.Place.LargeId))
        && Describe(shard, shape.Manifest.Key, shape.Manifest.Incarnation, unread) is { } described
        && described.Index == index && described.IsSameCopy(shape);

    private HeldCopy? Counted(PoolCopy found, int parts, List<LocationException> unread)
    {
        var manifest = found.Description.Manifest;
        if (parts >= _options.DataShards)
        {
            return new HeldCopy(manifest, found.Description.Created, parts);
        }

        if (IsGivenUp(manifest.Key, manifest.Incarnation))
        {
            return null;
        }

        if (parts == 0 && unread.Count > 0)
        {
            throw unread[0];
        }

        var isUnknown = parts + unread.Count + found.IsAway.Count(static away => away) >= _options.DataShards;
        return new HeldCopy(manifest, found.Description.Created, parts)
        {
            Fault = isUnknown
                ? null
                : $"has {parts} of {_options.TotalShards} parts, and {_options.DataShards} are needed",
        };
    }

    private ValueTask<int?> Read(
        ContentKey key, Copy copy, long offset, Span<byte> destination, byte stream,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (copy.Location != Id || Find(key, copy.Incarnation) is not { } found)
        {
            return ValueTask.FromResult<int?>(null);
        }

        var reader = new StripeReader(this, found, stream);
        try
        {
            return stream == CellCheck.OfTree && reader.Layout.LengthBytes == 0
                ? ValueTask.FromResult<int?>(null)
                : ValueTask.FromResult<int?>(reader.Read(offset, destination));
        }
        catch (IntegrityException) when (IsGivenUp(key, copy.Incarnation))
        {
            return ValueTask.FromResult<int?>(null);
        }
    }

    /// <summary>
    /// Whether a copy that cannot be read was given up since it was looked up: it is absent then, and not damaged.
    /// </summary>
    private bool IsGivenUp(in ContentKey key, ulong incarnation)
    {
        var isReleasing = _releasing.ContainsKey((key, incarnation));
        _known.Forget(key, incarnation);
        return isReleasing || _index.Shards(key, incarnation).Count == 0;
    }

    /// <returns>Null when the pool does not hold that copy.</returns>
    /// <exception cref="LocationException">It is known, and no directory that has a part of it is in use.</exception>
    private PoolCopy? Find(in ContentKey key, ulong incarnation)
    {
        if (_known.Find(key, incarnation) is { } known)
        {
            return known;
        }

        var age = _known.Age;
        if (FindNow(key, incarnation, null) is not { } found)
        {
            return null;
        }

        _known.Add(key, incarnation, found, age);
        return found;
    }

    /// <summary>As the index has it at this moment, whatever was found out before.</summary>
    private PoolCopy? FindNow(in ContentKey key, ulong incarnation, ShardDescription? description)
    {
        try
        {
            return Look(key, incarnation, description);
        }
        catch (IntegrityException) when (IsGivenUp(key, incarnation))
        {
            return null;
        }
    }

    private PoolCopy? Look(in ContentKey key, ulong incarnation, ShardDescription? description)
    {
        var shards = _index.Shards(key, incarnation);
        if (shards.Count == 0)
        {
            RequireKnown(key);
            return null;
        }

        var set = shards[0].Slot / _options.TotalShards;
        var (found, isAway) = (new PoolShard?[_options.TotalShards], IsAwayOf(set));
        var unread = new List<LocationException>();
        foreach (var (number, place) in shards)
        {
            if (number < _slots.Length && _slots[number].Directory is { } directory)
            {
                var shard = new PoolShard(directory, place);
                found[_slots[number].Index] = shard;
                description ??= Describe(shard, key, incarnation, unread);
            }
        }

        if (description is null)
        {
            var text = $"No shard of {key.Cid} in the pool {Id} says what it is.";
            var possible = isAway.Count(static away => away) + unread.Count;
            throw possible >= _options.DataShards
                ? Away(text, isAway.Contains(true), unread)
                : new IntegrityException(text);
        }

        return new PoolCopy(description, set, found, isAway);
    }

    /// <summary>By the shard's number. The index may have been made anew, or be behind, without the log of a directory
    /// that is not in use: it may hold a shard of every copy of its set, whatever the index knows.</summary>
    private bool[] IsAwayOf(int set)
    {
        var isAway = new bool[_options.TotalShards];
        for (var index = 0; index < isAway.Length; index++)
        {
            var number = (set * _options.TotalShards) + index;
            isAway[index] = number >= _slots.Length || _slots[number].Directory is null;
        }

        return isAway;
    }

    /// <summary>
    /// That the index does not know a copy says that it is absent, unless as many directories of a set as a copy is
    /// read from are not in use. With fewer of them a copy that was acknowledged has a shard in another one.
    /// </summary>
    /// <exception cref="LocationException">It may be in a set of which too few directories are in use.</exception>
    private void RequireKnown(in ContentKey key)
    {
        for (var set = 0; set < Math.Max(_options.Sets.Length, _setsMade); set++)
        {
            var away = IsAwayOf(set).Count(static isAway => isAway);
            if (away >= _options.DataShards)
            {
                throw new LocationException(
                    LocationFault.Offline,
                    $"Whether the pool {Id} has a copy of {key.Cid} is not known: {away} of {_options.TotalShards} "
                    + $"directories of its set {set} are not in use, and it may lie there. "
                    + string.Join(" ", Warnings));
            }
        }
    }

    /// <returns>Null when this shard cannot be read; another one may be.</returns>
    private ShardDescription? Describe(in ContentKey key, ulong incarnation, int slot, in Place place) =>
        slot < _slots.Length && _slots[slot].Directory is { } directory
            ? Describe(new PoolShard(directory, place), key, incarnation, [])
            : null;

    /// <returns>Null also where a shard of another copy lies in its place: it says nothing of this one.</returns>
    private static ShardDescription? Describe(
        PoolShard shard, in ContentKey key, ulong incarnation, List<LocationException> unread)
    {
        try
        {
            return DescribeShard(shard) is { } described
                && described.Manifest.Key == key && described.Manifest.Incarnation == incarnation ? described : null;
        }
        catch (IntegrityException)
        {
            return null;
        }
        catch (LocationException why)
        {
            unread.Add(why);
            return null;
        }
    }

    private static ShardDescription? DescribeFile(ShardDirectory directory, Guid file)
    {
        var header = new byte[LargeHeader.HeaderBytes];
        return directory.Large.ReadFront(file, header) == header.Length ? ShardHeader.Read(header) : null;
    }

    private static ShardDescription? DescribeRecord(ShardDirectory directory, in Place place)
    {
        if (directory.ReadRecord(place) is not var (description, rented, _, _))
        {
            return null;
        }

        ArrayPool<byte>.Shared.Return(rented);
        return description;
    }
}
