using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Disk;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Bench.Peers;

/// <summary>Our own store through its public client, as any .NET user has it.</summary>
internal sealed class CimPeer : IContender
{
    private readonly Cid[] _cids;
    private readonly IStoreMaintenance _maintenance;

    private CimPeer(string name, int count, IStorageClient client, IStoreMaintenance maintenance)
    {
        Name = name;
        Client = client;
        _cids = TouchedArray.Of<Cid>(count);
        _maintenance = maintenance;
    }

    public string Name { get; }

    public bool HoldsThread => false;

    public IStorageClient Client { get; }

    /// <summary>What the store itself says it wrote.</summary>
    public long CountedBytes
    {
        get
        {
            var written = _maintenance.BytesWritten;
            return written.Log + written.LargeContent + written.Index + written.PreWriting;
        }
    }

    /// <param name="folder">The data directory.</param>
    /// <param name="count">How many keys it will remember.</param>
    /// <param name="name">What it is called in the tables.</param>
    /// <param name="configure">Null: as a user gets it.</param>
    public static async ValueTask<CimPeer> OpenAsync(
        string folder, int count, string name = "cimstore", Action<ContentCacheOptions>? configure = null)
    {
        var time = TimeProvider.System;
        var store = await DiskStore.OpenAsync(
            new DiskStoreOptions { DataDirectory = folder }, time, CancellationToken.None);
        var options = new StorageNodeOptions();
        configure?.Invoke(options.Cache);
        var node = await StorageNode.OpenAsync(
            StorageNodePorts.Of(store), time, new IdSource(time), options, null, CancellationToken.None);
        return new CimPeer(name, count, node, store);
    }

    public Cid CidOf(int index) => _cids[index];

    public async ValueTask PutAsync(int index, ReadOnlyMemory<byte> content)
    {
        var reader = PipeReader.Create(new ReadOnlySequence<byte>(content));
        var stored = await Client.StoreAsync(reader, StoreRequest.Default, CancellationToken.None);
        _cids[index] = stored.Cid;
    }

    // Answered at once from memory: the caller awaits it, and it need not be awaited here a second time.
    public ValueTask<int> GetAsync(int index, Memory<byte> destination)
    {
        var read = Client.ReadAsync(_cids[index], RetrieveRequest.Default, 0, destination, CancellationToken.None);
        return read.IsCompletedSuccessfully
            ? ValueTask.FromResult(LengthOf(read.Result, index))
            : WaitAsync(read, index);
    }

    public ValueTask<long> GetLargeAsync(int index) => ReadAllAsync(_cids[index]);

    public async ValueTask StoreLargeAsync(ReadOnlyMemory<byte> content)
    {
        var reader = PipeReader.Create(new ReadOnlySequence<byte>(content));
        await Client.StoreAsync(reader, StoreRequest.Default, CancellationToken.None);
    }

    public async ValueTask<long> ReadAllAsync(Cid cid)
    {
        var writer = new BufferPipeWriter();
        await using var reader = await OpenAsync(cid);
        await reader.CopyToAsync(writer, 0, reader.Record.SizeBytes, CancellationToken.None);
        return writer.Written;
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    private async ValueTask<int> WaitAsync(ValueTask<int?> read, int index) => LengthOf(await read, index);

    private int LengthOf(int? read, int index) =>
        read ?? throw new InvalidDataException($"{_cids[index]} was stored and is not here.");

    private async ValueTask<IContentReader> OpenAsync(Cid cid) =>
        await Client.OpenAsync(cid, RetrieveRequest.Default, CancellationToken.None)
        ?? throw new InvalidDataException($"{cid} was stored and is not here.");
}
