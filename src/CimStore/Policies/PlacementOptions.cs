namespace CimStore.Policies;

/// <summary>The settings of placement; why the defaults are what they are is in ADR 0072.</summary>
public sealed class PlacementOptions
{
    public const long SizeTriggerBytes = SizeMatrix.KeyValueEndBytes;

    public PlacementStrategy Strategy
    {
        get;
        set => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A strategy that exists.");
    }

    /// <summary>What counts as failing as one.</summary>
    public FailureDomainLevel FailureDomain
    {
        get;
        set => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A level that exists.");
    } = FailureDomainLevel.Device;

    /// <summary>A location filled to this share gets nothing new.</summary>
    public double FillShareMax
    {
        get;
        set => field = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Above 0, at most 1.");
    } = 0.95;

    /// <summary>So much stays free at a location, whatever its size.</summary>
    public long FreeBytesMin
    {
        get;
        set => field = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "0 or more bytes.");
    } = 64L << 20;
}
