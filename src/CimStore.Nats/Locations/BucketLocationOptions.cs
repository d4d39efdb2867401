using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>One bucket as a place for copies. What exists is valid: setters check.</summary>
public sealed class BucketLocationOptions
{
    public required LocationId Id { get; init; }

    /// <summary>Whether it syncs before its acknowledgement is said by <see cref="ServerSyncsAlways"/>.</summary>
    public required LocationTraits Traits { get; init; }

    /// <summary>The bucket's name, without the prefix of its stream. It is there already: see the provisioner.
    /// </summary>
    public required string Bucket
    {
        get;
        init => field = BucketName.Check(value);
    }

    /// <summary>
    /// The operator's word that each server of the bucket runs with <c>sync_interval: always</c>, which no client can
    /// see. Without it an acknowledgement is not an fsync.
    /// </summary>
    public bool ServerSyncsAlways { get; init; }

    /// <summary>How large a message of an object is; less where the server's messages are smaller.</summary>
    public int ChunkSizeBytes
    {
        get;
        init => field = Limit.Between(value, 1024, 8 << 20);
    } = 64 * 1024; // Below what lands on the large object heap; four groups of the tree.

    /// <summary>How many chunks of one put wait for their acknowledgement: 32 × 64 KiB are 2 MiB.</summary>
    public int ChunksInFlightMax
    {
        get;
        init => field = Limit.Between(value, 1, 1024);
    } = 32;

    /// <summary>
    /// Chunks that no object has are given up when the youngest is older, by the clock of the server that took them: a
    /// put in progress, here or on another node, is younger.
    /// </summary>
    public TimeSpan OrphanAge
    {
        get;
        init => field = Limit.Between(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
    } = TimeSpan.FromDays(1);

    /// <exception cref="LocationException">The operator's word cannot be true of this server.</exception>
    internal LocationTraits TraitsOn(NatsLink link)
    {
        if (ServerSyncsAlways)
        {
            link.Server.Require(
                ServerFeature.SyncAlways,
                $"Location {Id}: the setting 'sync_interval: always', which serverSyncsAlways says there is,");
        }

        return Traits with
        {
            SyncsBeforeAcknowledgement = ServerSyncsAlways,
            SyncRemedy =
                "Set sync_interval: always in the jetstream block of each server (nats-server 2.10 and newer), "
                + "and say so here: serversSyncAlways.",
        };
    }
}
