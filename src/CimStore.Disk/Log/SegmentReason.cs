namespace CimStore.Disk.Log;

/// <summary>Why a segment was opened.</summary>
internal enum SegmentReason : byte
{
    First = 1,
    Roll = 2,
    Recovery = 3,
    Abandon = 4,
}
