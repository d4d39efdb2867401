using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>
/// Every key that the file may have, by the object it stands in. The reader refuses the others; the schema and the page
/// of the documentation are held against this list by a test.
/// </summary>
internal static class ConfigurationKeys
{
    public const string Schema = "$schema";

    private static readonly string[] Common =
        ["id", "kind", "tier", "medium", "labels", "cost", "state", "provider", "offsite"];

    /// <summary>The top level, beside those of the server.</summary>
    public static readonly ImmutableArray<string> Tiers =
        [Schema, "locations", "placement", "policies", "policy", "background", "space", "nats"];

    /// <summary>Read whatever their case, as they always were.</summary>
    public static readonly ImmutableArray<string> Server =
    [
        "dataDirectory", "listen", "certificatePath", "certificateKeyPath", "tokenReference", "insecure",
        "collectInterval", "readEventsMax", "translation", "limits",
    ];

    public static readonly ImmutableArray<string> Limits =
    [
        "headerSizeMaxBytes", "contentSizeMaxBytes", "bodySizeMaxBytes", "batchSizeMaxBytes", "batchesInFlightMax",
        "requestsInFlightMax", "requestsQueuedMax", "connectionsMax", "feedsMax", "feedHeartbeat",
        "dataRateMinBytesPerSecond", "dataRateGrace", "headersTimeout", "drainDelay", "shutdownGrace", "uploadsMax",
        "uploadIdleMax", "foreignEventSizeMaxBytes", "deadLettersMax", "freeSpaceMinBytes",
    ];

    public static readonly ImmutableArray<string> Log = [.. Common];

    public static readonly ImmutableArray<string> Pool =
        [.. Common, "dataShards", "parityShards", "blockBytes", "sets"];

    public static readonly ImmutableArray<string> Directory = [.. Common, "path", "compression", "capabilities"];

    public static readonly ImmutableArray<string> Bucket =
    [
        .. Common, "profile", "endpoint", "region", "bucket", "prefix", "credentials", "storageClass", "compression",
        "pathStyle", "encryption", "kmsKeyId", "caFile", "proxy", "partSize", "partsInFlight", "requestTimeout",
        "abandonedAfter", "quota", "objectLock",
    ];

    public static readonly ImmutableArray<string> JetStream =
        [.. Common, "valuesBucket", "objectsBucket", "replicas", "serversSyncAlways"];

    public static readonly ImmutableArray<string> Cluster =
        ["stream", "subjectPrefix", "replicas", "serversSyncAlways", "leaseTerm"];

    public static readonly ImmutableArray<string> Credentials =
        ["accessKeyEnv", "secretKeyEnv", "sessionTokenEnv", "file"];

    public static readonly ImmutableArray<string> ObjectLock = ["mode", "days"];

    public static readonly ImmutableArray<string> PoolDirectory = ["path", "labels"];

    public static readonly ImmutableArray<string> Labels = ["region", "zone", "rack", "node", "device"];

    public static readonly ImmutableArray<string> Cost =
        ["perGbMonth", "perThousandWrites", "perThousandReads", "perGbRead", "daysMin", "sizeMinBytes"];

    public static readonly ImmutableArray<string> Placement = ["failureDomain", "strategy", "defaultClass"];

    public static readonly ImmutableArray<string> Background =
        ["bytesPerSecondMax", "movesAtOnceMax", "cycle", "scrubCycle"];

    public static readonly ImmutableArray<string> Nats =
    [
        "servers", "user", "passwordReference", "tokenReference", "seedReference", "credentialsPath", "authorityPath",
        "certificatePath", "certificateKeyPath", "domain", "profile", "environment", "module",
        "commands", "commandsInFlightMax", "bytesInFlightMax", "deadlineDefault", "deadlineMax", "events",
        "eventFormat", "publishesInFlightMax", "replicas", "eventAgeMax", "readAgeMax", "foreign",
        "foreignEventsInFlightMax", "foreignStream", "foreignSubject", "cluster",
    ];

    public static readonly ImmutableArray<string> Space = ["fillShareMax", "fillShareResumed"];
}
