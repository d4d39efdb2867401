using CimStore.Nats.Journal;

namespace CimStore.Server.Configuration;

/// <summary>How the nodes of a cluster share their journal and their work.</summary>
/// <param name="Journal">The stream that is the journal.</param>
/// <param name="LeaseTerm">How long the others wait for a node that went silent before they do its work.</param>
public sealed record ClusterConfiguration(JournalOptions Journal, TimeSpan LeaseTerm)
{
    /// <summary>Where leases are kept, beside the servers' other KV buckets.</summary>
    public const string Bucket = "cimstore-cluster";

    /// <summary>How the servers are reached. Set once the whole section was read.</summary>
    public NatsConfiguration? Nats { get; init; }
}
