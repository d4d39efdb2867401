namespace CimStore.Locations;

/// <summary>How often, and for how long, a failed operation of a location is tried again.</summary>
public sealed class RetryOptions
{
    /// <summary>With the first; 1 never tries again.</summary>
    public int AttemptsMax
    {
        get;
        set => field = Limit.Between(value, 1, 100);
    } = 5;

    /// <summary>Before the second attempt; each later delay is twice the one before, up to <see cref="DelayMax"/>.
    /// </summary>
    public TimeSpan DelayFirst
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
    } = TimeSpan.FromMilliseconds(100);

    public TimeSpan DelayMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(5);

    /// <summary>No attempt begins later than this after the first one did.</summary>
    public TimeSpan TotalMax
    {
        get;
        set => field = Limit.Between(value, TimeSpan.Zero, TimeSpan.FromDays(1));
    } = TimeSpan.FromSeconds(30);
}
