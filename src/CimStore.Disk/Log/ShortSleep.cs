using CimStore.Disk.Files;

namespace CimStore.Disk.Log;

/// <summary>The shortest sleep there is: .NET's own are of whole milliseconds, several syncs long.</summary>
internal static class ShortSleep
{
    private const uint Microseconds = 30;

    public static void Run() => _ = LibC.MicroSleep(Microseconds);
}
