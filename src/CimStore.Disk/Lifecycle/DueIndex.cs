using System.Buffers.Binary;
using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Disk.Lifecycle;

/// <summary>
/// The due index in RocksDB, without a log of its own: after a crash it is as it was some time before, and reads the
/// journal from there. <c>docs/formats/due-index.md</c> lists its keys.
/// </summary>
public sealed class DueIndex : IDueIndex
{
    private const byte Facts = (byte)'k';
    private const byte Due = (byte)'d';
    private const byte Debt = (byte)'b';
    private const byte Unproved = (byte)'v';
    private const byte Progress = (byte)'p';
    private const byte ProgressVersion = 2;
    private const int MemoryBytes = 8 << 20;
    private const int CacheBytes = 16 << 20;
    private const int DateBytes = 1 + sizeof(long);

    private readonly CatalogIndex _pairs;
    private readonly IndexBatch _batch = new();
    private readonly byte[] _value = new byte[DueRecordCodec.SizeBytesMax];

    // No date is before these; known by the first look.
    private ulong _earliestDue;
    private ulong _earliestDebt;
    private ulong _earliestUnproved;

    private DueIndex(CatalogIndex pairs)
    {
        _pairs = pairs;
        var progress = pairs.Get([Progress]);
        IsOfThisVersion = progress is null or [ProgressVersion, ..];
        Seen = progress is [ProgressVersion, ..] ? new Lsn(new PackedReader(progress.AsSpan(1)).Varint()) : Lsn.None;
    }

    public Lsn Seen { get; private set; }

    private bool IsOfThisVersion { get; }

    /// <summary>Opens it, or makes one; what is damaged, of another journal or version is made anew.</summary>
    /// <param name="path">A directory of its own on a real file system.</param>
    /// <param name="journalEnd">An index that has seen more than the journal holds is one of another journal.</param>
    public static DueIndex Open(string path, Lsn journalEnd)
    {
        System.IO.Directory.CreateDirectory(path);
        try
        {
            var index = new DueIndex(CatalogIndex.Open(path, MemoryBytes, CacheBytes));
            if (index.IsOfThisVersion && index.Seen <= journalEnd)
            {
                return index;
            }

            index._pairs.Dispose();
        }
        catch (Exception damage) when (damage is IndexException or IntegrityException)
        {
            // All of it comes from the journal.
        }

        System.IO.Directory.Delete(path, recursive: true);
        System.IO.Directory.CreateDirectory(path);
        return new DueIndex(CatalogIndex.Open(path, MemoryBytes, CacheBytes));
    }

    public ValueTask<DueRecord?> FindAsync(ContentKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Find(key));
    }

    public ValueTask ApplyAsync(IReadOnlyList<DueChange> changes, Lsn seen, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Span<byte> key = stackalloc byte[DateBytes + KeyBytesMax];
        _batch.Clear();
        foreach (var change in changes)
        {
            Put(change, key);
        }

        Span<byte> progress = stackalloc byte[16];
        progress[0] = ProgressVersion;
        var writer = new PackedWriter(progress[1..]);
        writer.Varint(seen.Value);
        _batch.Put([Progress], progress[..(1 + writer.Length)]);
        _pairs.Write(_batch);
        Seen = seen;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<DueRecord>> DueAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        DatedAsync(Due, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> DebtsAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        DatedAsync(Debt, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> UnprovedAsync(
        DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        DatedAsync(Unproved, now, countMax, cancellationToken);

    public ValueTask<IReadOnlyList<DueRecord>> ListAsync(
        ContentKey? after, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Span<byte> from = stackalloc byte[KeyBytesMax];
        var length = after is { } last ? WriteKey(from, Facts, last) : 1;
        from[0] = Facts;
        return ValueTask.FromResult<IReadOnlyList<DueRecord>>(_pairs.Page(
            [Facts], from[..length], after: true, countMax,
            static (key, value) => DueRecordCodec.Read(ReadContent(key[1..]), value)));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _pairs.Flush(wait: true);
        }
        catch (LocationException)
        {
            // The next open reads the journal again from where it was.
        }

        _batch.Dispose();
        await _pairs.CloseAsync();
    }

    private const int KeyBytesMax = 1 + sizeof(ulong) + Cid.ByteLengthMax;

    private DueRecord? Find(in ContentKey content)
    {
        Span<byte> key = stackalloc byte[KeyBytesMax];
        return _pairs.Get(key[..WriteKey(key, Facts, content)]) is { } value
            ? DueRecordCodec.Read(content, value)
            : null;
    }

    private void Put(DueChange change, Span<byte> key)
    {
        var (before, after) = (change.Before, change.After);
        var value = after is null ? [] : _value.AsSpan(0, DueRecordCodec.Write(_value, after));

        // The record stands under its dates too: what is due is read in one go, without a look for each.
        Redate(Due, change.Key, before?.Due, after?.Due, value, key);
        Redate(Debt, change.Key, before?.Debt?.NextTry, after?.Debt?.NextTry, value, key);
        Redate(Unproved, change.Key, before?.VerifyBy, after?.VerifyBy, value, key);
        var length = WriteKey(key, Facts, change.Key);
        if (after is null)
        {
            _batch.Delete(key[..length]);
        }
        else
        {
            _batch.Put(key[..length], value);
        }
    }

    private void Redate(
        byte kind, in ContentKey content, DateTimeOffset? was, DateTimeOffset? becomes, ReadOnlySpan<byte> value,
        Span<byte> key)
    {
        if (was is { } old && was != becomes)
        {
            _batch.Delete(key[..WriteDate(key, kind, old, content)]);
        }

        if (becomes is { } next)
        {
            _batch.Put(key[..WriteDate(key, kind, next, content)], value);
            ref var earliest = ref EarliestOf(kind);
            earliest = Math.Min(earliest, (ulong)Instants.ToTicks(next));
        }
    }

    private ValueTask<IReadOnlyList<DueRecord>> DatedAsync(
        byte kind, DateTimeOffset now, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var end = (ulong)Instants.ToTicks(now);

        // One first: mostly nothing is due, and then no more is read.
        var found = Page(kind, end, 1);
        if (found.Count > 0 && countMax > 1)
        {
            found = Page(kind, end, countMax);
        }

        return ValueTask.FromResult<IReadOnlyList<DueRecord>>(found);
    }

    /// <summary>
    /// Every date that was passed leaves a deletion behind, and a look from the first key on would walk over all of
    /// them. So it begins at the earliest date that there can be.
    /// </summary>
    private List<DueRecord> Page(byte kind, ulong end, int countMax)
    {
        Span<byte> from = stackalloc byte[DateBytes];
        ref var earliest = ref EarliestOf(kind);
        from[0] = kind;
        BinaryPrimitives.WriteUInt64BigEndian(from[1..], earliest);
        var found = _pairs.Page([kind], from, after: false, countMax, (key, value) =>
        {
            var ticks = BinaryPrimitives.ReadUInt64BigEndian(key[1..]);
            return (Ticks: ticks, Record: ticks <= end
                ? DueRecordCodec.Read(ReadContent(key[DateBytes..]), value)
                : null);
        });
        earliest = found.Count > 0 ? found[0].Ticks : ulong.MaxValue;
        return [.. found.TakeWhile(static one => one.Record is not null).Select(static one => one.Record!)];
    }

    private ref ulong EarliestOf(byte kind)
    {
        switch (kind)
        {
            case Due:
                return ref _earliestDue;
            case Debt:
                return ref _earliestDebt;
            default:
                return ref _earliestUnproved;
        }
    }

    private static int WriteKey(Span<byte> key, byte kind, in ContentKey content)
    {
        key[0] = kind;
        return 1 + WriteContent(key[1..], content);
    }

    private static int WriteDate(Span<byte> key, byte kind, DateTimeOffset at, in ContentKey content)
    {
        key[0] = kind;
        BinaryPrimitives.WriteUInt64BigEndian(key[1..], (ulong)Instants.ToTicks(at));
        return DateBytes + WriteContent(key[DateBytes..], content);
    }

    private static int WriteContent(Span<byte> key, in ContentKey content)
    {
        BinaryPrimitives.WriteUInt64BigEndian(key, content.Domain.Tag);
        return sizeof(ulong) + content.Cid.WriteOrderedKey(key[sizeof(ulong)..]);
    }

    private static ContentKey ReadContent(ReadOnlySpan<byte> key)
    {
        var domain = new DedupDomain(BinaryPrimitives.ReadUInt64BigEndian(key));
        return Cid.TryReadOrderedKey(key[sizeof(ulong)..], out var cid, out _)
            ? new ContentKey(domain, cid)
            : throw PackedReader.Damaged();
    }
}
