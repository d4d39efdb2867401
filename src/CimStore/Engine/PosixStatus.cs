namespace CimStore.Engine;

/// <summary>What a directory entry is, without following links.</summary>
internal readonly record struct PosixStatus(ushort Mode, long SizeBytes, long ModifiedNanoseconds)
{
    private const int TypeMask = 0xF000;
    private const int PermissionMask = 0xFFF;

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsFile => (Mode & TypeMask) == 0x8000;

    public bool IsLink => (Mode & TypeMask) == 0xA000;

    public int Permissions => Mode & PermissionMask;
}
