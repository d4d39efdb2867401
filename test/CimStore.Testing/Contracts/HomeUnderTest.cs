using System.Buffers;
using System.Collections.Immutable;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Testing.Contracts;

/// <summary>The journal's own log as a location: its copies come and go with the journal's entries.</summary>
public sealed class HomeUnderTest(StorageNodePorts ports) : LocationUnderTest(ports.Locations[0])
{
    private static readonly Reference Pin = new(OwnerId.Local, NamespaceId.Default, null);

    private readonly IdSource _ids = new(TimeProvider.System);

    public override async Task<Copy> AdmitAsync(byte[] content, CancellationToken cancellationToken)
    {
        var key = ContentKey.Shared(Samples.CidOf(content));
        var before = await ports.Catalog.FindAsync(key, cancellationToken);
        if (content.Length <= Location.InlineSizeMaxBytes)
        {
            await AppendAsync(
                Stored(key, content), before, new AdmittedContent.Inline(new ReadOnlySequence<byte>(content)),
                cancellationToken);
        }
        else
        {
            await using var staged = await Location.StageAsync(content.Length, cancellationToken);
            await staged.SealAsync(await WriteAsync(staged, content, cancellationToken), cancellationToken);
            await AppendAsync(Stored(key, content), before, new AdmittedContent.Staged(staged), cancellationToken);
        }

        return (await ports.Catalog.FindAsync(key, cancellationToken))!.Copies.Single();
    }

    public override async Task ReleaseAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        if (await ports.Catalog.FindAsync(key, cancellationToken) is { } record)
        {
            await AppendAsync(
                new StorageEvent.Released(key, copy.Location, copy.Incarnation), record, null, cancellationToken);
        }
    }

    private async Task AppendAsync(
        StorageEvent happened, ObjectRecord? before, AdmittedContent? content, CancellationToken cancellationToken)
    {
        var message = _ids.Next();
        var context = new EventContext(message, message, message, EventContext.ActorDefault, default);
        await ports.Journal.AppendAsync([new JournalChange(context, happened, before, content)], cancellationToken);
    }

    private StorageEvent.Stored Stored(ContentKey key, byte[] content) => new(
        key, key.Cid, content.Length, Location.Id, StorageTier.Hot, DurabilityClass.Ephemeral, DataClass.Content,
        AccessPattern.Unspecified, CopyHeader.Plain, Pin, false,
        new DurabilityReceipt
        {
            Level = ConsistencyLevel.Strong,
            Class = DurabilityClass.Ephemeral,
            Copies = ImmutableArray<CopyReceipt>.Empty,
            Synced = true,
            Lsn = Lsn.None,
            Reason = "contract",
        });
}
