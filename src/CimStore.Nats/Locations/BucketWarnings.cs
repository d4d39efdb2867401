using System.Collections.Immutable;
using CimStore.Locations;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Locations;

/// <summary>What a bucket's configuration would do to content, and what room it leaves.</summary>
internal static class BucketWarnings
{
    public static ImmutableArray<string> Of(string what, StreamConfig config)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (config.MaxAge > TimeSpan.Zero)
        {
            warnings.Add(
                $"NATS, {what}: its max_age of {config.MaxAge} removes content in silence when it is so old; set it to "
                + "0.");
        }

        if (config.Storage == StreamConfigStorage.Memory)
        {
            warnings.Add($"NATS, {what}: it is kept in memory and gone with the server.");
        }

        if (config.Discard == StreamConfigDiscard.Old && (config.MaxBytes > 0 || config.MaxMsgs > 0))
        {
            warnings.Add($"NATS, {what}: when it is full the oldest content is removed; set discard to 'new'.");
        }

        return warnings.ToImmutable();
    }

    public static LocationSpace SpaceOf(StreamInfo info) => info.Config.MaxBytes > 0
        ? new LocationSpace(
            info.Config.MaxBytes, Math.Max(0, info.Config.MaxBytes - info.State.Bytes), info.State.Bytes)
        : new LocationSpace(null, null, info.State.Bytes);
}
