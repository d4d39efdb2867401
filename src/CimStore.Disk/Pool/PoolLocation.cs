using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Disk.Catalog;
using CimStore.Disk.Compaction;
using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Pool;

/// <summary>
/// An erasure-coded pool: each copy is cut into k data shards, m parity shards are computed from them, and each of the
/// k+m directories of a set gets one. Any k of them give the copy back. <c>docs/formats/pool.md</c> has the bytes.
/// A pool of one data shard and no parity is a plain directory.
/// </summary>
public sealed partial class PoolLocation : ILocation, IAsyncDisposable
{
    private const int ShardsPerPage = 1024;

    private readonly PoolOptions _options;
    private readonly IDisk _disk;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ShardIndex _index;
    private readonly ReedSolomon _code;
    private readonly KnownCopies _known = new();
    private readonly ImmutableArray<string> _openWarnings;

    // More than are configured, when some were left out.
    private readonly int _setsMade;
    private ImmutableArray<PoolSlot> _slots;
    private bool _closed;

    private PoolLocation(
        PoolOptions options, IDisk disk, TimeProvider time, ShardIndex index, ReedSolomon code,
        IEnumerable<PoolSlot> slots, PoolOpening opening)
    {
        (_options, _disk, _time, _index, _code) = (options, disk, time, index, code);
        (_slots, _openWarnings, _setsMade) = ([.. slots], [.. opening.Warnings], opening.SetsMade);
        _ids = new IdSource(time);
    }

    public LocationId Id => _options.Id;

    public LocationTraits Traits => _options.Traits;

    public int InlineSizeMaxBytes => _options.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings =>
    [
        .. _openWarnings,
        .. from slot in _slots
           let fault = slot.Fault ?? slot.Directory?.Log.Failure?.Message
               ?? (slot.Directory is { IsHere: false } gone ? gone.Gone().Message : null)
           where fault is not null
           select _options.TotalShards == 1
               ? $"Directory {Id}: {fault}" : $"Pool {Id}, shard {slot.Index} of set {slot.Set}: {fault}",
        .. from directory in Directories()
           from finding in directory.Projection.Findings
           where finding.Kind != LogFindingKind.TornTail
           select $"Pool {Id}, {directory.Path}: {finding.Message}",
    ];

    /// <summary>Whether any of these directories has the marker of a pool.</summary>
    public static bool IsMade(IEnumerable<string> directories) =>
        directories.Any(static directory => File.Exists(Path.Combine(directory, PoolMarker.FileName)));

    /// <summary>
    /// Opens the pool, or makes one where every directory is empty or absent. What is away at that time is away: even
    /// without a directory it opens, and says so to whoever wants something of it.
    /// </summary>
    /// <exception cref="LocationException">It has another shape; nothing was changed.</exception>
    public static ValueTask<PoolLocation> OpenAsync(
        PoolOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(options, time, new PosixDisk(), cancellationToken);

    internal static async ValueTask<PoolLocation> OpenAsync(
        PoolOptions options, TimeProvider time, IDisk disk, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var opening = new PoolOpening(options, disk, time, new IdSource(time));
            var slots = opening.Run();
            var code = new ReedSolomon(options.DataShards, options.ParityShards);
            var index = ShardIndex.Open(Path.Combine(options.StateDirectory, "index"), opening.Warnings);
            var pool = new PoolLocation(
                options, disk, time, index, code, slots.Select(one => one.Slot), opening);
            try
            {
                foreach (var (slot, marker) in slots)
                {
                    OpenSlot(slot, marker, options, disk, index, time);
                }

                return pool;
            }
            catch
            {
                await pool.DisposeAsync();
                throw;
            }
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var set = ChooseSet();
        return ValueTask.FromResult<IStagedContent>(new PoolStagedContent(this, set, sizeHint));
    }

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _releasing[(key, incarnation)] = true;
        try
        {
            var shards = _index.Shards(key, incarnation);
            if (!shards.Exists(shard => shard.Slot < _slots.Length && _slots[shard.Slot].Directory is not null))
            {
                // It comes back with its directories, and whoever gave it up must know that.
                RequireKnown(key);
                return;
            }

            // Also where no shard is known: a heal may be writing one.
            await Task.WhenAll(DirectoriesOf(shards[0].Slot / _options.TotalShards).OfType<ShardDirectory>()
                .Select(directory => ReleaseAsync(directory, key, incarnation)));
        }
        finally
        {
            _releasing.TryRemove((key, incarnation), out _);
            _known.Forget(key, incarnation);
        }
    }

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var last = StartAfter(after);
        HeldCopy? open = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = _index.Page(last, ShardsPerPage);
            foreach (var (key, place) in page)
            {
                last = key;
                var (content, incarnation, slot) = ShardKeys.ReadShard(key);
                var isSame = open is { } same
                    && same.Manifest.Key == content && same.Manifest.Incarnation == incarnation;
                if (!isSame)
                {
                    if (open is not null)
                    {
                        yield return open;
                    }

                    open = Undescribed(content, incarnation);
                }

                open = With(open!, slot, place);
            }

            if (page.Count < ShardsPerPage)
            {
                break;
            }
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            var sets = Enumerable.Range(0, _options.Sets.Length).Select(SpacesOf).ToList();
            return ValueTask.FromResult(PoolRoom.Of(sets, _options.DataShards, WriteQuorum));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        var room = await FindRoomAsync(cancellationToken);
        try
        {
            return new LocationSpace(room.BytesTotal, room.BytesFree, Directories().Sum(MeasureDirectory));
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        long given = 0;
        foreach (var directory in Directories())
        {
            try
            {
                var isShort = Thoroughness.IsShort(_disk.Space(directory.Path));
                given += await new ShardCompaction(directory, _index, isShort).RunAsync(cancellationToken);
            }
            catch (LogException failure)
            {
                throw Faults.Translate(failure);
            }
            catch (DiskException failure)
            {
                throw Faults.Translate(failure);
            }
        }

        return given;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        try
        {
            foreach (var directory in Directories())
            {
                await directory.DisposeAsync();
            }
        }
        finally
        {
            await _index.DisposeAsync();
        }
    }

    internal PoolOptions Options => _options;

    internal ReedSolomon Code => _code;

    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Directories that are configured, and are not in use or not here: no copy is whole without them.
    /// </summary>
    public int DirectoriesAway => Enumerable.Range(0, _options.Sets.Length)
        .Sum(set => DirectoriesOf(set).Count(static one => one is not { IsHere: true }));

    /// <summary>The directories in use.</summary>
    internal IEnumerable<ShardDirectory> Directories() =>
        _slots.Select(slot => slot.Directory).OfType<ShardDirectory>();

    /// <summary>Null where a directory is in use, or none is bound.</summary>
    internal string? UnusedPath(int set, int shard) =>
        _slots.ElementAtOrDefault((set * _options.TotalShards) + shard) is { Directory: null } slot ? slot.Path : null;

    /// <summary>The places of a set, in the order of their shards; null where none is in use.</summary>
    internal ShardDirectory?[] DirectoriesOf(int set) =>
        [.. _slots.Where(slot => slot.Set == set).OrderBy(slot => slot.Index).Select(slot => slot.Directory)];

    /// <summary>With one shard more than reading needs: one loss is survived whatever becomes of a debt.</summary>
    internal int WriteQuorum => Math.Min(_options.DataShards + 1, _options.TotalShards);

    private static void OpenSlot(
        PoolSlot slot, PoolMarker? marker, PoolOptions options, IDisk disk, ShardIndex index, TimeProvider time)
    {
        if (slot.Fault is not null || marker is null)
        {
            return;
        }

        try
        {
            slot.Directory = ShardDirectory.Open(
                disk, slot.Path, slot.Number, marker, index, options.SegmentBytes, time);
            slot.Directory.Sweep(index);
        }
        catch (Exception failure) when (failure is LocationException or DiskException or LogException
            or IntegrityException)
        {
            slot.Fault = failure.Message;
        }
    }

    /// <summary>The set with most room among those that can still take a copy.</summary>
    private int ChooseSet()
    {
        var best = (Set: -1, Free: -1L);
        for (var set = 0; set < _options.Sets.Length; set++)
        {
            var usable = DirectoriesOf(set).OfType<ShardDirectory>().Where(static one => one.Log.Failure is null)
                .ToList();
            var free = usable.Count < WriteQuorum ? -1 : FreeOf(usable);
            best = free > best.Free ? (set, free) : best;
        }

        return best.Set >= 0
            ? best.Set
            : throw new LocationException(
                LocationFault.Offline,
                $"The pool {Id} takes no copies: {WriteQuorum} of {_options.TotalShards} directories of a set are "
                + $"needed to write. {string.Join(" ", Warnings)}");
    }

    /// <summary>Of its directories that can take a shard now.</summary>
    /// <exception cref="DiskException">None of those that are here says how much room it has.</exception>
    private List<DiskSpace> SpacesOf(int set)
    {
        var spaces = new List<DiskSpace>();
        DiskException? silent = null;
        foreach (var directory in DirectoriesOf(set).Where(static one => one is { CanTakeShards: true }))
        {
            try
            {
                spaces.Add(_disk.Space(directory!.Path));
            }
            catch (DiskException failure)
            {
                // One that does not answer hides none that is full.
                silent = failure;
            }
        }

        return spaces.Count == 0 && silent is not null ? throw silent : spaces;
    }

    private long FreeOf(List<ShardDirectory> directories)
    {
        try
        {
            // With one set there is nothing to choose; and the smallest one is full first.
            return _options.Sets.Length == 1 ? 0 : directories.Min(one => _disk.Space(one.Path).BytesFree);
        }
        catch (DiskException)
        {
            return -1;
        }
    }

    private HeldCopy Undescribed(in ContentKey content, ulong incarnation) => new(
        new CopyManifest(content, 0, default) { Incarnation = incarnation }, DateTimeOffset.UnixEpoch, 0)
    {
        Fault = $"Its shards in the pool {Id} are damaged, or in directories that are not used now: none says what it "
            + "is.",
    };

    /// <summary>One part more; the first that says what the copy is speaks for all.</summary>
    private HeldCopy With(HeldCopy copy, int slot, in Place place) =>
        copy.Fault is null
            ? copy with { Parts = copy.Parts + 1 }
            : Describe(copy.Manifest.Key, copy.Manifest.Incarnation, slot, place) is { } described
                ? new HeldCopy(described.Manifest, described.Created, copy.Parts + 1)
                : copy;

    /// <summary>Asked for the shard when no heal writes there, and none begins: each looks whether the copy is going.
    /// </summary>
    private async Task ReleaseAsync(ShardDirectory directory, ContentKey key, ulong incarnation)
    {
        await directory.Moving.WaitAsync();
        try
        {
            if (_index.Find(key, incarnation, directory.Slot) is not null)
            {
                await directory.CommitAsync(ShardWrite.Release(key, incarnation), CancellationToken.None);
            }
        }
        finally
        {
            directory.Moving.Release();
        }
    }

    private static byte[] StartAfter(ContentKey? after)
    {
        if (after is not { } content)
        {
            return [ShardKeys.Shard];
        }

        var key = new byte[ShardKeys.SizeBytesMax];
        var length = ShardKeys.WriteContent(key, content);

        // Behind every incarnation and slot of it.
        key.AsSpan(length, 10).Fill(0xFF);
        return key[..(length + 10)];
    }

    private static long MeasureDirectory(ShardDirectory directory) =>
        directory.Large.Measure() + directory.Log.Segments().Sum(static segment => segment.LengthBytes);
}
