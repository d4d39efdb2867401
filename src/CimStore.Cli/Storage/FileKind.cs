using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CimStore.Cli.Storage;

/// <summary>
/// What a path is, symbolic links followed. The runtime does not tell a device from a file; statx(2) does.
/// </summary>
internal static partial class FileKind
{
    private const int CurrentDirectory = -100;
    private const uint MaskType = 1;
    private const int BufferSizeBytes = 256;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>
    /// Whether something is there that is not a regular file: a device, a pipe, a socket, a directory.
    /// </summary>
    public static bool IsSpecial(string path)
    {
        Span<byte> buffer = stackalloc byte[BufferSizeBytes];
        if (StatExtended(CurrentDirectory, path, 0, MaskType, buffer) != 0)
        {
            return false;
        }

        var mode = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(buffer[ModeOffset..])
            : BinaryPrimitives.ReadUInt16BigEndian(buffer[ModeOffset..]);
        return (mode & TypeMask) != Regular;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatExtended(int directory, string path, int flags, uint mask, Span<byte> buffer);
}
