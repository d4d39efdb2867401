namespace CimStore.Nats.Events;

/// <summary>How a node publishes its journal. What exists is valid: setters check.</summary>
public sealed class EventOutboxOptions
{
    public SubjectProfile Profile { get; set; } = SubjectProfile.Default;

    public EventFormat Format { get; set; } = EventFormat.Json;

    /// <summary>Published and not yet acknowledged; 256 events of 1 KiB fill a line of 20 ms at 10 MB/s.</summary>
    public int PublishesInFlightMax { get; set => field = Limit.Between(value, 1, 4096); } = 256;

    /// <summary>Copies of the streams that it makes. Those that are there stay as they are.</summary>
    public int Replicas { get; set => field = Limit.Between(value, 1, 5); } = 1;

    /// <summary>How long the stream of events keeps them (D18).</summary>
    public TimeSpan EventAgeMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650));
    } = TimeSpan.FromDays(30);

    /// <summary>How many the stream of events keeps (D18).</summary>
    public long EventCountMax { get; set => field = Limit.Between(value, 1000, long.MaxValue); } = 10_000_000;

    /// <summary>How long the stream of reads keeps them (D17).</summary>
    public TimeSpan ReadAgeMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
    } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long the server knows an event again by its id. It covers what was on the way when a connection broke;
    /// longer outages are bridged by what the stream holds.
    /// </summary>
    public TimeSpan DuplicateWindow
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
    } = TimeSpan.FromMinutes(2);

    /// <summary>How long it waits after a failure before it connects again.</summary>
    public TimeSpan RetryAfter
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10));
    } = TimeSpan.FromSeconds(2);
}
