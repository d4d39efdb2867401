namespace CimStore.Nats.Commands;

/// <summary>How a node answers commands on NATS. What exists is valid: setters check.</summary>
public sealed class StorageServiceOptions
{
    /// <summary>Nodes in one group share the commands: each is answered by one of them.</summary>
    public string QueueGroup
    {
        get;
        set => field = value is { Length: > 0 and <= 64 } && value.All(static c => char.IsAsciiLetterOrDigit(c)
            || c is '-' or '_')
            ? value
            : throw new ArgumentException("QueueGroup must be 1..64 letters, digits, '-' or '_'.");
    } = "cimstore";

    /// <summary>How the subjects are named.</summary>
    public SubjectProfile Profile { get; set; } = SubjectProfile.Default;

    /// <summary>Above it a command is refused (<c>busy</c>) and not queued: its sender knows better what to do.
    /// </summary>
    public int CommandsInFlightMax { get; set => field = Limit.Between(value, 1, 4096); } = 64;

    /// <summary>Of payloads and answers together; 64 commands of 1 MiB, which is what a server takes by default.
    /// </summary>
    public long BytesInFlightMax { get; set => field = Limit.Between(value, 1L << 16, 1L << 34); } = 64L << 20;

    /// <summary>How long a command may take that does not say it.</summary>
    public TimeSpan DeadlineDefault
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(30);

    /// <summary>How long a command may take that says it: more is cut to this.</summary>
    public TimeSpan DeadlineMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
    } = TimeSpan.FromMinutes(10);

    /// <summary>Of large content so many chunks are sent before the client has to ask for more.</summary>
    public int ChunksUnansweredMax { get; set => field = Limit.Between(value, 1, 64); } = 8;

    /// <summary>How long the client may take to ask for more.</summary>
    public TimeSpan ChunkPatience
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(10);

    /// <summary>How long commands that run may go on when the node stops.</summary>
    public TimeSpan StopPatience
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(10);
}
