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
    private const int KeyBytesMax = 1 + sizeof(ulong) + Cid.ByteLengthMax;
    private const int DateKeyBytesMax = DateBytes + KeyBytesMax;

    private readonly CatalogIndex _pairs;
    private readonly IndexBatch _batch = new();
    private readonly byte[] _value = new byte[DueRecordCodec.SizeBytesMax];

    private readonly DateFront _due = new();
    private readonly DateFront _debt = new();
    private readonly DateFront _unproved = new();

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
        Span<byte> key = stackalloc byte[DateKeyBytesMax];
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
        foreach (var (content, before, after) in changes)
        {
            Note(_due, content, before?.Due, after?.Due);
            Note(_debt, content, before?.Debt?.NextTry, after?.Debt?.NextTry);
            Note(_unproved, content, before?.VerifyBy, after?.VerifyBy);
        }

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
        }
    }

    /// <summary>Only once it is written: what failed to be is where it was.</summary>
    private static void Note(DateFront front, in ContentKey content, DateTimeOffset? was, DateTimeOffset? becomes)
    {
        if (was == becomes)
        {
            return;
        }

        front.Removed(content);
        if (becomes is { } next)
        {
            front.Added((ulong)Instants.ToTicks(next));
        }
    }

    private ValueTask<IReadOnlyList<DueRecord>> DatedAsync(
        byte kind, DateTimeOffset now, int countMax, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<DueRecord>>(Range(kind, (ulong)Instants.ToTicks(now) + 1, countMax));
    }

    private List<DueRecord> Range(byte kind, ulong end, int countMax)
    {
        var front = kind switch { Due => _due, Debt => _debt, _ => _unproved };
        if (!front.IsBefore(end) || countMax <= 0)
        {
            return [];
        }

        Span<byte> from = stackalloc byte[DateKeyBytesMax];
        Span<byte> until = stackalloc byte[DateBytes];
        (from[0], until[0]) = (kind, kind);
        from = from[..(1 + front.Write(from[1..]))];
        BinaryPrimitives.WriteUInt64BigEndian(until[1..], end);
        var (first, last) = (new byte[DateKeyBytesMax], new byte[DateKeyBytesMax]);
        var (firstLength, lastLength) = (0, 0);
        var found = _pairs.Range(from, until, countMax, (key, value) =>
        {
            if (firstLength == 0)
            {
                key.CopyTo(first);
                firstLength = key.Length;
            }

            key.CopyTo(last);
            lastLength = key.Length;
            return DueRecordCodec.Read(ReadContent(key[DateBytes..]), value);
        });
        if (found.Count == 0)
        {
            front.FoundNoneBefore(end);
            return found;
        }

        front.Found(found.Select(static record => record.Key), first.AsSpan(1, firstLength - 1),
            last.AsSpan(1, lastLength - 1));
        return found;
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
