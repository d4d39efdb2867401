namespace CimStore.Policies;

/// <summary>
/// Shares of a tier, 0..1. They are two so that a tier which pushes content out at the upper one takes none back before
/// it is below the lower one.
/// </summary>
public readonly record struct Watermarks(double RaisedShare, double HighShare)
{
    public TierPressure PressureAt(double fillShare) =>
        fillShare >= HighShare ? TierPressure.High
        : fillShare >= RaisedShare ? TierPressure.Raised
        : TierPressure.None;
}
