namespace CimStore.Nats.Events;

/// <summary>How far the streams are behind the journal.</summary>
/// <param name="Events">Not yet confirmed; counted up to <see cref="EventsMax"/>.</param>
/// <param name="Time">The age of the oldest of them; zero when there is none.</param>
public sealed record OutboxLag(int Events, TimeSpan Time)
{
    public const int EventsMax = 10_000;
}
