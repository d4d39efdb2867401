using System.Diagnostics;

namespace CimStore.Adapters.Tests.Crash;

/// <summary>
/// A real file system of its own, small enough to be filled: an ext4 in a file, which only root can mount, or a tmpfs
/// in a user's own namespace, which a process keeps alive and through whose root it is reached.
/// </summary>
internal sealed class SmallFileSystem : IDisposable
{
    public const long SizeBytes = 48 << 20;

    private readonly Action _release;

    private SmallFileSystem(string path, Action release) => (Path, _release) = (path, release);

    public string Path { get; }

    /// <returns>Null where this machine lets nobody mount anything.</returns>
    public static SmallFileSystem? TryMount(string room) => TryExt4(room) ?? TryNamespace(room);

    public static SmallFileSystem? TryNamespace(string room)
    {
        var path = System.IO.Path.Combine(room, "in-memory");
        Directory.CreateDirectory(path);
        var start = new ProcessStartInfo("unshare")
        {
            ArgumentList =
            {
                "--user", "--map-root-user", "--mount", "sh", "-c",
                $"mount -t tmpfs -o size={SizeBytes} tmpfs \"$1\" && echo $$ && exec cat", "sh", path,
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            var keeper = Process.Start(start)!;
            if (keeper.StandardOutput.ReadLine() is { } id && Directory.Exists($"/proc/{id}/root{path}"))
            {
                return new SmallFileSystem($"/proc/{id}/root{path}", () => End(keeper));
            }

            End(keeper);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program here.
        }

        return null;
    }

    public void Dispose() => _release();

    private static SmallFileSystem? TryExt4(string room)
    {
        var (image, path) = (System.IO.Path.Combine(room, "image"), System.IO.Path.Combine(room, "mounted"));
        Directory.CreateDirectory(path);
        using (var file = File.Create(image))
        {
            file.SetLength(SizeBytes);
        }

        if (Run("mkfs.ext4", "-q", "-F", "-m", "0", image) && Run("mount", "-o", "loop", image, path))
        {
            return new SmallFileSystem(path, () => Run("umount", path));
        }

        File.Delete(image);
        return null;
    }

    /// <summary>It copies its input until there is none any more.</summary>
    private static void End(Process keeper)
    {
        keeper.StandardInput.Close();
        keeper.WaitForExit();
        keeper.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
