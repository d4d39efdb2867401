using System.Globalization;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Provisioning;

/// <summary>A description as the server's configuration, and that compared with another.</summary>
internal static class StreamSettings
{
    public static StreamConfig ConfigOf(StreamDescription wanted) => new(wanted.Name, [.. wanted.Subjects])
    {
        Description = wanted.Description,
        Storage = wanted.Storage == StreamStorage.File ? StreamConfigStorage.File : StreamConfigStorage.Memory,
        Retention = wanted.Retention switch
        {
            StreamRetention.Interest => StreamConfigRetention.Interest,
            StreamRetention.WorkQueue => StreamConfigRetention.Workqueue,
            _ => StreamConfigRetention.Limits,
        },
        Discard = wanted.Discard == StreamDiscard.Old ? StreamConfigDiscard.Old : StreamConfigDiscard.New,
        NumReplicas = wanted.Replicas,
        MaxAge = wanted.MaxAge,
        MaxMsgs = wanted.MaxMessages,
        MaxMsgsPerSubject = wanted.MaxMessagesPerSubject,
        MaxBytes = wanted.MaxBytes,
        MaxMsgSize = wanted.MaxMessageBytes,
        MaxConsumers = -1,
        DuplicateWindow = wanted.DuplicateWindow,
        Placement = wanted.PlacementCluster is null && wanted.PlacementTags.IsEmpty
            ? null
            : new Placement { Cluster = wanted.PlacementCluster, Tags = [.. wanted.PlacementTags] },
        AllowRollupHdrs = wanted.AllowsRollup,
        AllowDirect = wanted.AllowsDirectGet,
        DenyDelete = wanted.DeniesDelete,
        Compression = wanted.IsCompressed ? StreamConfigCompression.S2 : StreamConfigCompression.None,
        Metadata = wanted.Metadata.IsEmpty ? null : new Dictionary<string, string>(wanted.Metadata),
    };

    /// <summary>Field by field: an older server takes a setting that it does not know, and drops it.</summary>
    public static List<StreamDifference> Compare(StreamConfig wanted, StreamConfig got)
    {
        var differences = new List<StreamDifference>();
        Check("description", wanted.Description ?? "", got.Description ?? "", isSafe: true);
        CheckSubjects();
        Check("storage", wanted.Storage, got.Storage, isSafe: false);
        Check("retention", wanted.Retention, got.Retention, isSafe: false);
        Check("discard", wanted.Discard, got.Discard, isSafe: true);
        Check("num_replicas", wanted.NumReplicas, got.NumReplicas, wanted.NumReplicas > got.NumReplicas);
        Check("max_age", wanted.MaxAge, got.MaxAge, Grows(wanted.MaxAge.Ticks, got.MaxAge.Ticks));
        Check("max_msgs", NoneOr(wanted.MaxMsgs), NoneOr(got.MaxMsgs), Grows(wanted.MaxMsgs, got.MaxMsgs));
        Check(
            "max_msgs_per_subject", NoneOr(wanted.MaxMsgsPerSubject), NoneOr(got.MaxMsgsPerSubject),
            Grows(wanted.MaxMsgsPerSubject, got.MaxMsgsPerSubject));
        Check("max_bytes", NoneOr(wanted.MaxBytes), NoneOr(got.MaxBytes), Grows(wanted.MaxBytes, got.MaxBytes));
        Check("max_msg_size", NoneOr(wanted.MaxMsgSize), NoneOr(got.MaxMsgSize), isSafe: true);
        Check("duplicate_window", wanted.DuplicateWindow, got.DuplicateWindow, isSafe: true);
        Check("placement.cluster", wanted.Placement?.Cluster ?? "", got.Placement?.Cluster ?? "", isSafe: false);
        Check("placement.tags", TagsOf(wanted), TagsOf(got), isSafe: false);
        Check("allow_rollup_hdrs", wanted.AllowRollupHdrs, got.AllowRollupHdrs, wanted.AllowRollupHdrs);
        Check("allow_direct", wanted.AllowDirect, got.AllowDirect, isSafe: true);
        Check("deny_delete", wanted.DenyDelete, got.DenyDelete, isSafe: false);
        Check("compression", wanted.Compression, got.Compression, isSafe: true);
        foreach (var (key, value) in wanted.Metadata ?? new Dictionary<string, string>())
        {
            // The server adds notes of its own.
            Check($"metadata.{key}", value, got.Metadata?.TryGetValue(key, out var note) == true ? note : "", true);
        }

        return differences;

        void CheckSubjects()
        {
            var (mine, theirs) = (wanted.Subjects ?? [], got.Subjects ?? []);
            Check(
                "subjects", string.Join(' ', mine.Order(StringComparer.Ordinal)),
                string.Join(' ', theirs.Order(StringComparer.Ordinal)), theirs.All(mine.Contains));
        }

        void Check<T>(string field, T mine, T theirs, bool isSafe)
        {
            if (!EqualityComparer<T>.Default.Equals(mine, theirs))
            {
                differences.Add(new StreamDifference(
                    field, Convert.ToString(mine, CultureInfo.InvariantCulture) ?? "",
                    Convert.ToString(theirs, CultureInfo.InvariantCulture) ?? "", isSafe));
            }
        }
    }

    /// <summary>Whether nothing that is there would go: a limit of zero or less is none.</summary>
    private static bool Grows(long wanted, long got) => wanted <= 0 || (got > 0 && wanted > got);

    private static long NoneOr(long limit) => limit <= 0 ? -1 : limit;

    private static string TagsOf(StreamConfig config) =>
        string.Join(' ', (config.Placement?.Tags ?? []).Order(StringComparer.Ordinal));
}
