using CimStore.Journal;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>How the engine is set up. What exists is valid: setters check their range.</summary>
public sealed class StorageNodeOptions
{
    public const string Section = "CimStore:Node";

    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(3650);

    /// <summary>How long content stays after its last reference went, unless a delete says otherwise.</summary>
    public TimeSpan DeleteGrace { get; set => field = Span(value, TimeSpan.Zero); } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a message id counts, up to <see cref="CommandRetention.PromiseMax"/>. An older UUIDv7 is refused: it
    /// may have been forgotten.
    /// </summary>
    public TimeSpan CommandWindow
    {
        get;
        set => field = value <= CommandRetention.PromiseMax
            ? Span(value, TimeSpan.FromMinutes(1))
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, $"At most {CommandRetention.PromiseMax}: ids are not remembered longer.");
    } = TimeSpan.FromHours(24);

    /// <summary>How long an operation waits for the position its token names before it is refused.</summary>
    public TimeSpan TokenWaitMax { get; set => field = Span(value, TimeSpan.Zero); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many refused commands are journaled in an hour; what is over is counted, and told by one entry. 1,000 x 24
    /// x 400 bytes = 10 MB a day at the very worst.
    /// </summary>
    public int RefusalsPerHourMax
    {
        get;
        set => field = value is >= 1 and <= 1_000_000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Between 1 and 1,000,000.");
    } = 1_000;

    /// <summary>
    /// How many <c>storage.retrieved</c> events each <see cref="StorageNode.TellReadsAsync"/> journals at most, for the
    /// contents read most. Zero counts no reads: they are for who asks for them.
    /// </summary>
    public int ReadEventsMax
    {
        get;
        set => field = value is >= 0 and <= 4096
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Between 0 and 4,096.");
    }

    public ContentCacheOptions Cache { get; } = new();

    /// <summary>When a location takes nothing new for want of space, and when it does again.</summary>
    public SpaceLimits Space
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = SpaceLimits.Default;

    private static TimeSpan Span(TimeSpan value, TimeSpan min) => value >= min && value <= LongestSpan
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"Between {min} and {LongestSpan}.");
}
