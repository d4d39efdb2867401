namespace CimStore.Objects;

/// <summary>
/// The caller's hint of how the content will be used; changes cache admission, device and verification.
/// </summary>
public enum AccessPattern : byte
{
    Unspecified = 0,
    WriteOnceReadMany = 1,
    WriteHeavy = 2,
    Archival = 3,
}
