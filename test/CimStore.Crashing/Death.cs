using System.Runtime.InteropServices;

namespace CimStore.Crashing;

internal static partial class Death
{
    private const int SigKill = 9;

    /// <summary>SIGKILL to this process: it does not return.</summary>
    public static void Come()
    {
        _ = Kill(Environment.ProcessId, SigKill);
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
