using System.Runtime.CompilerServices;

namespace CimStore.Tests.Journal;

/// <summary>
/// Files that pin every byte we persist. They are written only on purpose, by a run with CIMSTORE_WRITE_GOLDEN=1,
/// and the difference is reviewed.
/// </summary>
internal static class Golden
{
    public static byte[] Read(string format, string file, byte[] actual, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "..", "Golden", format, file);
        if (Environment.GetEnvironmentVariable("CIMSTORE_WRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, actual);
        }

        return File.ReadAllBytes(path);
    }
}
