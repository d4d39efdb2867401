namespace CimStore.Disk.Files;

internal enum DiskAccess
{
    Read,
    ReadWrite,
}
