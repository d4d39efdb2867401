using System.Runtime.InteropServices;
using CimStore.Cli.Terminal;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Cli.Storage;

/// <summary>
/// A path that the runtime can open. It passes every path on as UTF-8; one that is not stays reachable through the
/// descriptor of what it names, for as long as this lives.
/// </summary>
internal sealed partial class OpenablePath : IDisposable
{
    // O_PATH | O_CLOEXEC: it names the file and opens nothing. The same numbers on x64 and arm64.
    private const int NameOnly = 0x200000 | 0x80000;

    private readonly SafeFileHandle? _handle;

    private OpenablePath(string path, SafeFileHandle? handle) => (Path, _handle) = (path, handle);

    public string Path { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static OpenablePath Of(string path)
    {
        if (!RawName.IsRaw(path))
        {
            return new OpenablePath(path, null);
        }

        var handle = new SafeFileHandle(Open([.. RawName.Bytes(path), 0], NameOnly), ownsHandle: true);
        if (handle.IsInvalid)
        {
            handle.Dispose();
            throw new FileNotFoundException($"Could not find file '{LineEscape.Escape(path)}'.");
        }

        return new OpenablePath($"/proc/self/fd/{handle.DangerousGetHandle()}", handle);
    }

    public static bool IsDirectory(string path)
    {
        try
        {
            using var openable = Of(path);
            return Directory.Exists(openable.Path);
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    public void Dispose() => _handle?.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte[] path, int flags);
}
