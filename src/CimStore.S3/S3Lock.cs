namespace CimStore.S3;

/// <summary>How long nobody may delete a copy. The bucket must have been made with object lock.</summary>
/// <param name="IsCompliance">Nobody at all; otherwise whoever has the right to pass over it (governance).</param>
/// <param name="Duration">Counted from when the copy was sealed.</param>
public sealed record S3Lock(bool IsCompliance, TimeSpan Duration)
{
    public TimeSpan Duration { get; } = Duration > TimeSpan.Zero && Duration <= TimeSpan.FromDays(36_500)
        ? Duration
        : throw new ArgumentOutOfRangeException(nameof(Duration), Duration, "More than nothing, up to 100 years.");
}
