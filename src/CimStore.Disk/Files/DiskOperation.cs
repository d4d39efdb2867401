namespace CimStore.Disk.Files;

/// <summary>What was asked of the disk when it failed.</summary>
internal enum DiskOperation
{
    Open,
    Create,
    Read,
    Write,
    WriteBulk,
    Allocate,
    Truncate,
    Length,
    StartWriteOut,
    WriteOut,
    SyncData,
    Sync,
    SyncDirectory,
    Rename,
    Unlink,
    CreateDirectory,
    List,
    Space,
    Lock,
}
