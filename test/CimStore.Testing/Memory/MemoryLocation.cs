using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Testing.Memory;

/// <summary>
/// A location in memory that keeps its copies itself, whole or in parts. A test loses and rots parts of a copy;
/// healing makes them again from the others.
/// </summary>
/// <param name="id">Its name.</param>
/// <param name="traits">What policies see. A copy has as many parts as they name, one where they name none.</param>
/// <param name="time">Tells when a copy was made.</param>
public sealed class MemoryLocation(LocationId id, LocationTraits traits, TimeProvider time) : ILocation
{
    private const int DegradedMax = 4096;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<(Cid Cid, ulong Domain, ulong Incarnation), MemoryCopy> _copies = [];
    private readonly HashSet<(ContentKey Key, ulong Incarnation)> _degraded = [];
    private ulong _lastIncarnation;
    private long _bytesUsed;
    private long _garbageBytes;

    public LocationId Id => id;

    public LocationTraits Traits => traits;

    public int InlineSizeMaxBytes { get; init; } = 1 << 20;

    /// <summary>What all copies together may take; null is no limit.</summary>
    public long? CapacityBytes { get; set; }

    public ImmutableArray<string> Warnings => [];

    private int Parts => Math.Max(1, traits.Parts.Length);

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            RequireRoom(sizeHint ?? 0);
        }

        return ValueTask.FromResult<IStagedContent>(new MemoryStagedContent(Keep));
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Read(key, copy, static held => held.Content, offset, destination, cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Read(key, copy, static held => held.Tree, offset, destination, cancellationToken);

    public ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_copies.Remove((key.Cid, key.Domain.Tag, incarnation), out var held))
            {
                _garbageBytes += held.RoomBytes(traits.PartsNeeded);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        Look(key, copy, static held => new HeldCopy(held.Manifest, held.Created, held.PartsHeld), cancellationToken);

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        List<HeldCopy> listed;
        lock (_gate)
        {
            listed =
            [
                .. from pair in _copies
                   where pair.Value.PartsHeld > 0 && (after is not { } last || IsBehind(pair.Value.Manifest.Key, last))
                   select new HeldCopy(pair.Value.Manifest, pair.Value.Created, pair.Value.PartsHeld),
            ];
        }

        foreach (var held in listed)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return held;
        }
    }

    public async ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        await pace.PayAsync(
            await Look(key, copy, held => held.Condition(traits.PartsNeeded), cancellationToken), cancellationToken);

    public async ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken)
    {
        var condition = await Look(
            key, copy,
            held =>
            {
                if (held.PartsIntact >= traits.PartsNeeded)
                {
                    held.Heal();
                }

                return held.Condition(traits.PartsNeeded);
            },
            cancellationToken);
        return await pace.PayAsync(condition, cancellationToken);
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded()
    {
        lock (_gate)
        {
            var taken = _degraded.ToList();
            _degraded.Clear();
            return taken;
        }
    }

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var free = CapacityBytes is { } capacity ? Math.Max(0, capacity - _bytesUsed) : (long?)null;
            return ValueTask.FromResult(new LocationRoom(CapacityBytes, free));
        }
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        var room = await FindRoomAsync(cancellationToken);
        return new LocationSpace(room.BytesTotal, room.BytesFree, _bytesUsed);
    }

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var given = _garbageBytes;
            (_bytesUsed, _garbageBytes) = (_bytesUsed - given, 0);
            return ValueTask.FromResult(given);
        }
    }

    /// <summary>Loses parts of a copy for good, as disks do. Of a copy without any part nothing is known.</summary>
    public void Lose(ContentKey key, Copy copy, params ReadOnlySpan<int> parts)
    {
        lock (_gate)
        {
            foreach (var part in parts)
            {
                Held(key, copy).Lose(part);
            }
        }
    }

    /// <summary>Damages parts of a copy, as a medium does.</summary>
    public void Rot(ContentKey key, Copy copy, params ReadOnlySpan<int> parts)
    {
        lock (_gate)
        {
            foreach (var part in parts)
            {
                Held(key, copy).Rot(part);
            }
        }
    }

    private SealedCopy Keep(MemoryStagedContent staged, CopyManifest manifest)
    {
        lock (_gate)
        {
            var ours = manifest with { Incarnation = _lastIncarnation + 1 };
            var copy = new MemoryCopy(
                ours, time.GetUtcNow(), staged.Content,
                manifest.SizeBytes > InlineSizeMaxBytes ? staged.Tree : null, Parts);
            var room = copy.RoomBytes(traits.PartsNeeded);
            RequireRoom(room);
            _lastIncarnation++;
            _copies.Add((manifest.Key.Cid, manifest.Key.Domain.Tag, ours.Incarnation), copy);
            _bytesUsed += room;
            return new SealedCopy(ours.Incarnation, Parts, manifest.Header, traits.SyncsBeforeAcknowledgement);
        }
    }

    private ValueTask<int?> Read(
        ContentKey key, Copy copy, Func<MemoryCopy, byte[]?> stream, long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (Find(key, copy) is not { } held || stream(held) is not { } bytes)
            {
                return ValueTask.FromResult<int?>(null);
            }

            RequireReadable(held);
            var from = (int)Math.Min(offset, bytes.Length);
            var size = Math.Min(bytes.Length - from, destination.Length);
            bytes.AsSpan(from, size).CopyTo(destination.Span);
            return ValueTask.FromResult<int?>(size);
        }
    }

    private void RequireReadable(MemoryCopy held)
    {
        if (held.PartsIntact < traits.PartsNeeded)
        {
            throw new IntegrityException(
                $"The copy of {held.Manifest.Key.Cid} at {id} cannot be read: {held.PartsIntact} of {Parts} parts are "
                + $"right, and {traits.PartsNeeded} are needed.");
        }

        if (held.IsDegraded(traits.PartsNeeded) && _degraded.Count < DegradedMax)
        {
            _degraded.Add((held.Manifest.Key, held.Manifest.Incarnation));
        }
    }

    private ValueTask<T?> Look<T>(
        ContentKey key, Copy copy, Func<MemoryCopy, T> look, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return ValueTask.FromResult(Find(key, copy) is { } held ? look(held) : null);
        }
    }

    private MemoryCopy Held(ContentKey key, Copy copy) =>
        Find(key, copy) ?? throw new ArgumentException($"{id} does not hold that copy of {key.Cid}.");

    private MemoryCopy? Find(ContentKey key, Copy copy) =>
        copy.Location == id
        && _copies.TryGetValue((key.Cid, key.Domain.Tag, copy.Incarnation), out var held)
        && held.PartsHeld > 0 ? held : null;

    private void RequireRoom(long bytes)
    {
        if (_bytesUsed + bytes > CapacityBytes)
        {
            throw new LocationException(
                LocationFault.Full,
                $"{id} has {CapacityBytes - _bytesUsed} bytes left, and {bytes} more were to be stored; nothing was.");
        }
    }

    private static bool IsBehind(ContentKey key, ContentKey last) =>
        (key.Cid, key.Domain.Tag).CompareTo((last.Cid, last.Domain.Tag)) > 0;
}
