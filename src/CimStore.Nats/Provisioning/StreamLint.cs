using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Provisioning;

/// <summary>What servers accept and nobody should want.</summary>
public static class StreamLint
{
    /// <summary>Whether a stream on this subject would take commands (D30).</summary>
    public static bool TakesCommands(string subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return subject.Split('.')[0] is "commands" or "*" or ">";
    }

    internal static IEnumerable<string> FindingsOf(StreamConfig config)
    {
        var name = config.Name ?? "";
        var isContent = name.StartsWith("OBJ_", StringComparison.Ordinal);
        if (isContent && config.MaxAge > TimeSpan.Zero)
        {
            yield return $"Stream {name}: max_age of {config.MaxAge} removes content in silence when it is so old; set "
                + "it to 0.";
        }

        if (isContent && config.Discard == StreamConfigDiscard.Old
            && (config.MaxBytes > 0 || config.MaxMsgs > 0))
        {
            yield return $"Stream {name}: when it is full the oldest content is removed; set discard to 'new'.";
        }

        if (config.NumReplicas == 2)
        {
            yield return $"Stream {name}: of two replicas losing either stops writes; take 1 or 3.";
        }

        foreach (var source in (config.Sources ?? []).Append(config.Mirror).OfType<StreamSource>())
        {
            if (IsForeign(source.Name) || IsForeign(source.External?.Api) || IsForeign(source.External?.Deliver))
            {
                yield return $"Stream {name}: a mirror or source at '{source.Name}' is accepted and never syncs: NATS "
                    + "mirrors streams of NATS alone. Make a replication target of it.";
            }
        }

        foreach (var subject in (config.Subjects ?? []).Where(TakesCommands))
        {
            yield return $"Stream {name}: on '{subject}' it takes 'commands.>', and its acknowledgement answers "
                + "requesters before the service does.";
        }
    }

    private static bool IsForeign(string? name) => name?.Contains("://", StringComparison.Ordinal) == true;
}
