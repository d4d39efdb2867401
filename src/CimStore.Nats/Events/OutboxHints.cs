using CimStore.Content;
using NATS.Client.KeyValueStore;

namespace CimStore.Nats.Events;

/// <summary>The hints of all nodes, in one bucket; the key is the chain.</summary>
internal sealed class OutboxHints
{
    public const string Bucket = "cimstore-outbox";

    private readonly INatsKVStore _store;

    private OutboxHints(INatsKVStore store) => _store = store;

    public static async ValueTask<OutboxHints> OpenAsync(
        NatsLink link, int replicas, CancellationToken cancellationToken)
    {
        var context = new NatsKVContext(link.JetStream);
        try
        {
            return new OutboxHints(await context.GetStoreAsync(Bucket, cancellationToken));
        }
        catch (NATS.Client.JetStream.NatsJSApiException absent) when (absent.Error.Code == 404)
        {
            return new OutboxHints(await context.CreateStoreAsync(
                new NatsKVConfig(Bucket) { History = 1, NumberOfReplicas = replicas }, cancellationToken));
        }
    }

    public async ValueTask<OutboxHint> FindAsync(Cid chain, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await _store.GetEntryAsync<byte[]>(chain.ToString(), cancellationToken: cancellationToken);
            return OutboxHint.Read(entry.Value) ?? OutboxHint.None;
        }
        catch (NatsKVKeyNotFoundException)
        {
            return OutboxHint.None;
        }
        catch (NatsKVKeyDeletedException)
        {
            return OutboxHint.None;
        }
    }

    public async ValueTask PutAsync(Cid chain, OutboxHint hint, CancellationToken cancellationToken) =>
        await _store.PutAsync<ReadOnlyMemory<byte>>(chain.ToString(), hint.Write(), null, cancellationToken);
}
