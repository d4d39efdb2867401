namespace CimStore.Policies;

/// <summary>How full a tier is beside a policy's watermarks.</summary>
public enum TierPressure
{
    None,

    /// <summary>At or above the lower watermark: what may go early goes, and nothing is promoted into it.</summary>
    Raised,

    /// <summary>At or above the upper watermark: it gives up what it could have kept.</summary>
    High,
}
