namespace CimStore.Nats.Locations;

/// <summary>What of the server's largest message is left for bytes of content.</summary>
internal static class MessageBudget
{
    /// <summary>
    /// For the headers: ours take some 600 bytes, a key's name may take 1,000 more, and a direct read's answer has five
    /// of the server's own.
    /// </summary>
    public const int HeaderBytes = 4096;

    public static int BodyMaxBytes(NatsLink link) => Math.Max(0, link.Server.PayloadMaxBytes - HeaderBytes);

    /// <summary>Two lists of runs, content and tree, of at most 32 characters a run, in one message.</summary>
    public static int RunsMax(NatsLink link) => Math.Clamp(BodyMaxBytes(link) / 64, 16, 4096);
}
