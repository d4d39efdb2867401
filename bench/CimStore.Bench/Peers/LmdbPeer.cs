using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CimStore.Bench.Peers;

/// <summary>
/// LMDB with its full sync, one writer behind the batching queue; contents are written into the page in place.
/// </summary>
internal sealed unsafe class LmdbPeer : IContender
{
    private static readonly long MapSizeBytes = 40L << 30;

    private readonly KeyTable _keys;
    private readonly GroupCommit _group;
    private readonly nint _environment;
    private readonly ThreadLocal<nint> _reader;
    private readonly uint _contents;
    private readonly uint _records;
    private readonly uint _events;
    private long _lsn;

    public LmdbPeer(string folder, int count, bool writeMap)
    {
        Name = writeMap ? "lmdb-writemap" : "lmdb";
        _keys = new KeyTable(count);
        _group = new GroupCommit(Commit);
        LmdbNative.Check(LmdbNative.EnvCreate(out _environment));
        LmdbNative.Check(LmdbNative.EnvSetMapSize(_environment, checked((nuint)(ulong)MapSizeBytes)));
        LmdbNative.Check(LmdbNative.EnvSetDatabasesMax(_environment, 3));
        var flags = LmdbNative.NoTls | LmdbNative.NoReadAhead | LmdbNative.NoMemoryInit;
        flags |= writeMap ? LmdbNative.WriteMap : 0;
        LmdbNative.Check(LmdbNative.EnvOpen(_environment, folder, flags, 0b110_100_100));
        LmdbNative.Check(LmdbNative.TxnBegin(_environment, 0, 0, out var transaction));
        LmdbNative.Check(LmdbNative.DatabaseOpen(transaction, "contents", LmdbNative.Create, out _contents));
        LmdbNative.Check(LmdbNative.DatabaseOpen(transaction, "records", LmdbNative.Create, out _records));
        LmdbNative.Check(LmdbNative.DatabaseOpen(transaction, "events", LmdbNative.Create, out _events));
        LmdbNative.Check(LmdbNative.TxnCommit(transaction));
        _reader = new ThreadLocal<nint>(BeginRead, trackAllValues: true);
    }

    public string Name { get; }

    public bool HoldsThread => false;

    public ValueTask PutAsync(int index, ReadOnlyMemory<byte> content)
    {
        var key = _keys[index];
        ThreeThings.WriteKey(content.Span, key.Span);
        return _group.PutAsync(new PutItem(content, key));
    }

    public ValueTask<int> GetAsync(int index, Memory<byte> destination)
    {
        var transaction = Renew();
        var found = Find(transaction, index);
        found.CopyTo(destination.Span);
        var length = found.Length;
        LmdbNative.TxnReset(transaction);
        return ThreeThings.IsRight(destination.Span[..length], _keys[index].Span)
            ? ValueTask.FromResult(length)
            : throw new InvalidDataException("LMDB returned other bytes.");
    }

    public ValueTask<long> GetLargeAsync(int index)
    {
        var transaction = Renew();
        var found = Find(transaction, index);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(found, digest);
        LmdbNative.TxnReset(transaction);
        return ValueTask.FromResult((long)found.Length);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var transaction in _reader.Values)
        {
            LmdbNative.TxnAbort(transaction);
        }

        _reader.Dispose();
        LmdbNative.EnvClose(_environment);
        return ValueTask.CompletedTask;
    }

    private nint BeginRead()
    {
        LmdbNative.Check(LmdbNative.TxnBegin(_environment, 0, LmdbNative.ReadOnly, out var transaction));
        LmdbNative.TxnReset(transaction);
        return transaction;
    }

    private nint Renew()
    {
        var transaction = _reader.Value;
        LmdbNative.Check(LmdbNative.TxnRenew(transaction));
        return transaction;
    }

    private ReadOnlySpan<byte> Find(nint transaction, int index)
    {
        fixed (byte* key = _keys[index].Span)
        {
            var name = new LmdbNative.Value { Size = ThreeThings.KeySizeBytes, Data = key };
            LmdbNative.Value value;
            LmdbNative.Check(LmdbNative.Get(transaction, _contents, &name, &value));
            return new ReadOnlySpan<byte>(value.Data, checked((int)value.Size));
        }
    }

    private void Commit(IReadOnlyList<PutItem> batch)
    {
        LmdbNative.Check(LmdbNative.TxnBegin(_environment, 0, 0, out var transaction));
        foreach (var item in batch)
        {
            Write(transaction, item, ++_lsn);
        }

        LmdbNative.Check(LmdbNative.TxnCommit(transaction));
    }

    private void Write(nint transaction, PutItem item, long lsn)
    {
        var key = item.Key.Span;
        Span<byte> position = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(position, lsn);
        item.Content.Span.CopyTo(Place(transaction, _contents, key, item.Content.Length, 0));
        ThreeThings.WriteRecord(
            Place(transaction, _records, key, ThreeThings.RecordSizeBytes, 0), key, item.Content.Length, lsn);
        ThreeThings.WriteEvent(
            Place(transaction, _events, position, ThreeThings.EventSizeBytes, LmdbNative.Append),
            key, item.Content.Length, lsn);
    }

    private static Span<byte> Place(nint transaction, uint database, ReadOnlySpan<byte> key, int sizeBytes, uint flags)
    {
        fixed (byte* bytes = key)
        {
            var name = new LmdbNative.Value { Size = (nuint)key.Length, Data = bytes };
            var value = new LmdbNative.Value { Size = (nuint)sizeBytes };
            LmdbNative.Check(LmdbNative.Put(transaction, database, &name, &value, flags | LmdbNative.Reserve));
            return new Span<byte>(value.Data, sizeBytes);
        }
    }
}
