using CimStore.Translation;

namespace CimStore.Nats.Foreign;

/// <summary>How events of other contexts come in over NATS. What exists is valid: setters check.</summary>
public sealed class ForeignIntakeOptions
{
    /// <summary>Nodes in one group share the events, and the consumer of this name.</summary>
    public const string QueueGroup = "cimstore-foreign";

    public SubjectProfile Profile { get; set; } = SubjectProfile.Default;

    /// <summary>Worked on at once; 16 of 1 MiB are no burden, and share the log's commits. One keeps the order.
    /// </summary>
    public int EventsInFlightMax { get; set => field = Limit.Between(value, 1, 1024); } = 16;

    /// <summary>A stream whose events are taken with an acknowledgement each; null for none. It stays its owner's.
    /// </summary>
    public string? Stream { get; set; }

    /// <summary>Which of the stream's subjects; required with it. They are not subscribed beside it.</summary>
    public SubjectPattern? StreamSubject { get; set; }

    /// <summary>How long the stream waits for an acknowledgement; one that is worked on is told of meanwhile.</summary>
    public TimeSpan AckWait
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(300), TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(30);

    /// <summary>The first wait before an event is tried again; each doubles, up to a minute.</summary>
    public TimeSpan RetryAfter
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
    } = TimeSpan.FromSeconds(1);

    /// <summary>How long an event that nobody else keeps is held in memory and tried again.</summary>
    public TimeSpan PlainPatience
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromHours(1));
    } = TimeSpan.FromMinutes(2);

    /// <summary>Copies of the stream of dead letters, where it is made.</summary>
    public int Replicas { get; set => field = Limit.Between(value, 1, 5); } = 1;

    /// <summary>How long events that are worked on may go on when the node stops.</summary>
    public TimeSpan StopPatience
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the attempt after <paramref name="attempts"/> of them.</summary>
    internal TimeSpan WaitAfter(ulong attempts)
    {
        var doubled = RetryAfter * Math.Pow(2, Math.Min(attempts, 16) - 1.0);
        return doubled < TimeSpan.FromMinutes(1) ? doubled : TimeSpan.FromMinutes(1);
    }
}
