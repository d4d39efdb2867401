using CimStore.Disk.Directory;
using CimStore.Disk.Files;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Pool;

/// <summary>
/// Finds out which directories are the pool's, makes a pool where nothing is yet, and never where shards are expected:
/// a disk that is not mounted looks like an empty directory.
/// </summary>
internal sealed class PoolOpening(PoolOptions options, IDisk disk, TimeProvider time, IdSource ids)
{
    private readonly List<(PoolSlot Slot, PoolMarker? Marker)> _slots = [];

    public List<string> Warnings { get; } = [];

    /// <summary>As far as the node or a directory that is here knows.</summary>
    public int SetsMade { get; private set; }

    /// <returns>The slots in order, each with its marker or a fault.</returns>
    public IReadOnlyList<(PoolSlot Slot, PoolMarker? Marker)> Run()
    {
        disk.EnsureDirectory(options.StateDirectory);
        var own = PoolMarker.Load(disk, options.StateDirectory);
        RequireShape(own);
        foreach (var (set, directories) in options.Sets.Index())
        {
            foreach (var (index, path) in directories.Index())
            {
                var slot = new PoolSlot((set * options.TotalShards) + index, set, index, path);
                _slots.Add((slot, Look(slot)));
            }
        }

        var pool = own?.Pool ?? Elect();
        if (own is null && pool is not null)
        {
            Warnings.Add(
                $"The pool {options.Id} was used with another data directory. This one does not know what is in it "
                + $"until it is told: `cimstore rebuild --from {options.Id}`.");
        }

        SetsMade = own?.Sets ?? FindSetsMade(pool);
        for (var set = 0; set < options.Sets.Length; set++)
        {
            if (set >= SetsMade && IsToBeMade(set, pool))
            {
                pool ??= ids.Next().Value;
                Make(set, pool.Value);
            }
        }

        for (var at = 0; at < _slots.Count; at++)
        {
            Judge(_slots[at].Slot, _slots[at].Marker, pool);
        }

        SaveOwn(own, pool);
        return _slots;
    }

    /// <summary>Makes an empty directory the pool's, in the place of one that is lost.</summary>
    public static PoolMarker Adopt(IDisk disk, string path, PoolMarker marker)
    {
        disk.EnsureDirectory(path);
        RequireEmpty(disk, path);
        marker.Save(disk, path);
        return marker;
    }

    /// <exception cref="LocationException">It is not, nor absent.</exception>
    public static void RequireEmpty(IDisk disk, string path)
    {
        if (!PoolMarker.IsEmpty(disk, path))
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{path} is not empty. Nothing was changed: a lost directory is replaced by an empty one.");
        }
    }

    private PoolMarker? Look(PoolSlot slot)
    {
        try
        {
            if (!disk.Exists(slot.Path))
            {
                return null;
            }

            foreach (var warning in Preflight.Examine(slot.Path, disk.Space(slot.Path), options.ForceUnsafe))
            {
                Warnings.Add(warning);
            }

            return PoolMarker.Load(disk, slot.Path);
        }
        catch (Exception failure) when (failure is DiskException or LocationException)
        {
            slot.Fault = failure.Message;
            return null;
        }
    }

    private void RequireShape(PoolMarker? own)
    {
        if (own is { } made
            && (made.DataShards != options.DataShards || made.ParityShards != options.ParityShards))
        {
            throw new LocationException(
                LocationFault.Offline,
                $"The pool {options.Id} was made with {made.DataShards}+{made.ParityShards} shards and is configured "
                + $"with {options.DataShards}+{options.ParityShards}. Nothing was changed: make another pool and move "
                + "what is in this one.");
        }

        if (own is { } grown && grown.Sets > options.Sets.Length)
        {
            Warnings.Add(
                $"The pool {options.Id} has {grown.Sets} sets and {options.Sets.Length} are configured: copies in the "
                + "others cannot be read.");
        }
    }

    /// <summary>When the node lost what it knew, the directories say which pool they are.</summary>
    private Guid? Elect()
    {
        var pools = _slots.Where(static one => one.Marker is not null)
            .GroupBy(static one => one.Marker!.Pool)
            .OrderByDescending(static group => group.Count())
            .ToList();
        return pools.Count == 0 ? null : pools[0].Key;
    }

    /// <summary>What the directories know of it, for a node that lost what it knew.</summary>
    private int FindSetsMade(Guid? pool) => _slots
        .Where(one => one.Marker is { } marker && marker.Pool == pool && !IsBegun(one.Slot, marker, pool))
        .Select(static one => one.Marker!.Sets)
        .DefaultIfEmpty(0)
        .Max();

    /// <summary>All of its directories are empty or absent, or begun by a making that did not end.</summary>
    private bool IsToBeMade(int set, Guid? pool)
    {
        var ofSet = _slots.Where(one => one.Slot.Set == set).ToList();
        var isKnown = ofSet.Exists(one => one.Marker is not null && !IsBegun(one.Slot, one.Marker, pool));
        return !isKnown && ofSet.TrueForAll(one =>
            one.Slot.Fault is null && (one.Marker is not null || PoolMarker.IsEmpty(disk, one.Slot.Path)));
    }

    private bool IsBegun(PoolSlot slot, PoolMarker marker, Guid? pool) =>
        marker.Pool == pool && marker.Set == slot.Set && marker.Index == slot.Index
        && !disk.Exists(Path.Combine(slot.Path, "log"));

    private void Make(int set, Guid pool)
    {
        for (var at = 0; at < _slots.Count; at++)
        {
            var (slot, marker) = _slots[at];
            if (slot.Set == set && marker is null)
            {
                _slots[at] = (slot, Adopt(disk, slot.Path, MarkerOf(slot, pool)));
            }
        }
    }

    private PoolMarker MarkerOf(PoolSlot slot, Guid pool) => new(
        pool, ids.Next().Value, slot.Set, slot.Index, options.Sets.Length, options.DataShards, options.ParityShards,
        time.GetUtcNow());

    private void Judge(PoolSlot slot, PoolMarker? marker, Guid? pool)
    {
        slot.Fault ??= marker switch
        {
            null => $"{slot.Path} is empty, absent or of something else, and parts of {options.Id} are expected there: "
                + "is its disk mounted? If it is lost for good, put an empty directory in its place and run `cimstore "
                + $"pool replace {options.Id} {slot.Index} --set {slot.Set} --yes`.",
            _ when marker.Pool != pool => $"{slot.Path} is of another pool ({marker.Pool:D}), and was left as it is. "
                + $"Mount {options.Id}'s own disk there, or name another path in the configuration.",
            _ when marker.Set != slot.Set || marker.Index != slot.Index =>
                $"{slot.Path} is place {marker.Index} of set {marker.Set}, and is configured as place {slot.Index} "
                + $"of set {slot.Set}. Mount each disk where it was, or bring the paths in the configuration into the "
                + "order of their places.",
            _ when marker.DataShards != options.DataShards || marker.ParityShards != options.ParityShards =>
                $"{slot.Path} has {marker.DataShards}+{marker.ParityShards} shards, and "
                + $"{options.DataShards}+{options.ParityShards} are configured: say what it was made with.",
            _ => null,
        };
    }

    private void SaveOwn(PoolMarker? own, Guid? pool)
    {
        if (pool is not { } known || own?.Sets >= options.Sets.Length)
        {
            return;
        }

        var marker = own ?? new PoolMarker(
            known, Guid.Empty, -1, -1, 0, options.DataShards, options.ParityShards, time.GetUtcNow());
        // Up to the last one that is in use or that a directory tells of: one before it that is away was made, too.
        var used = _slots.Where(static one => one.Slot.Fault is null).Select(static one => one.Slot.Set + 1);
        var made = used.Append(FindSetsMade(pool)).Append(own?.Sets ?? 0).Max();
        if (own is null || made > own.Sets)
        {
            (marker with { Sets = made }).Save(disk, options.StateDirectory);
        }
    }
}
