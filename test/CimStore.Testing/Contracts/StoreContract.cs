using System.Buffers;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;
using Xunit;

namespace CimStore.Testing.Contracts;

/// <summary>What the suites of the ports share: an empty store that is journal, catalog and location.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private StorageNodePorts? _ports;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected static CancellationToken Cancelled => new(canceled: true);

    protected IJournal Journal => _ports!.Journal;

    protected ICatalog Catalog => _ports!.Catalog;

    protected ILocation Location => _ports!.Locations[0];

    public async ValueTask InitializeAsync() => _ports = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_ports?.Journal is IAsyncDisposable store)
        {
            await store.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>An empty store.</summary>
    protected abstract ValueTask<StorageNodePorts> OpenAsync();

    protected static EventContext Context(MessageId? id = null)
    {
        var message = id ?? new IdSource(TimeProvider.System).Next();
        return new EventContext(
            message, message, message, EventContext.ActorDefault, id is null ? default : new byte[16]);
    }

    protected StorageEvent.Stored Stored(byte[] content, Reference? reference = null, DateTimeOffset? grace = null)
    {
        var cid = Samples.CidOf(content);
        return new StorageEvent.Stored(
            ContentKey.Shared(cid), cid, content.Length, Location.Id, StorageTier.Hot, DurabilityClass.Ephemeral,
            DataClass.Content, AccessPattern.Unspecified, CopyHeader.Plain,
            reference ?? (grace is null ? new Reference(OwnerId.Local, NamespaceId.Default, null) : null), false,
            new DurabilityReceipt
            {
                Level = ConsistencyLevel.Strong,
                Class = DurabilityClass.Ephemeral,
                Copies = [],
                Synced = true,
                Lsn = Lsn.None,
                Reason = "contract",
            },
            grace);
    }

    protected JournalChange Change(byte[] content, ObjectRecord? before = null, MessageId? id = null) => new(
        Context(id), Stored(content), before,
        Journal.HoldsContent ? new AdmittedContent.Inline(new ReadOnlySequence<byte>(content)) : null);

    protected async Task<JournalEntry> AppendAsync(byte[] content) =>
        Assert.Single(await Journal.AppendAsync([Change(content)], Token));

    protected async Task<JournalEntry> AppendAsync(StorageEvent happened)
    {
        var before = ObjectHistory.KeyOf(happened) is { } key ? await Catalog.FindAsync(key, Token) : null;
        return Assert.Single(await Journal.AppendAsync([new JournalChange(Context(), happened, before, null)], Token));
    }

    protected async Task<byte[]?> ReadAllAsync(ContentKey key, Copy copy, int size)
    {
        var bytes = new byte[size];
        var filled = 0;
        while (filled < size)
        {
            var read = await Location.ReadAsync(key, copy, filled, bytes.AsMemory(filled), Token);
            if (read is null)
            {
                return null;
            }

            Assert.NotEqual(0, read);
            filled += read.Value;
        }

        return bytes;
    }

    protected async Task<Cid> StageAsync(byte[] content)
    {
        await using var staged = await Location.StageAsync(content.Length, Token);
        var nodes = new ArrayBufferWriter<byte>();
        var root = new byte[Blake3.HashSizeBytes];
        Blake3Outboard.Build(content, root, nodes);
        var cid = Cid.ForRaw(root);
        foreach (var part in content.Chunk(100_000))
        {
            await staged.WriteAsync(part, Token);
        }

        await staged.WriteTreeAsync(nodes.WrittenMemory, Token);
        await staged.SealAsync(new CopyManifest(ContentKey.Shared(cid), content.Length, cid), Token);
        await Journal.AppendAsync(
            [new JournalChange(Context(), Stored(content), null, new AdmittedContent.Staged(staged))], Token);
        return cid;
    }
}
