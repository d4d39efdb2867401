namespace CimStore.Disk.Log;

/// <summary>The most a write will append: how many records, and the bytes of their keys, metas and payloads.</summary>
internal readonly record struct LogWriteSize(int Records, long Bytes)
{
    /// <summary>Room in the batch, whatever the alignment.</summary>
    internal long RoomBytes => Bytes + ((long)Records * LogFormat.RecordOverheadBytesMax);
}
