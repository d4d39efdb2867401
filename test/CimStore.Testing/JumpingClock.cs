namespace CimStore.Testing;

/// <summary>A clock that is set to another time, over a steady one that goes on as it did.</summary>
public sealed class JumpingClock(TimeProvider clock) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
