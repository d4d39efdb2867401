using System.Text;
using CimStore.Disk;
using CimStore.Testing.Disk;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>A small file is replaced again and again; it is always one of two whole versions.</summary>
internal sealed class DurablePromises
{
    private const string Path = "/data/deep/marker";
    private string? _promised;
    private string? _asked;

    public static Task ReplaceAsync(SimulatedDisk disk, DurablePromises promises)
    {
        CimStore.Disk.Files.DiskFiles.EnsureDirectory(disk, "/data/deep");
        for (var version = 0; version < 5; version++)
        {
            promises._asked = $"version {version} " + new string((char)('a' + version), 3000);
            Durable.Replace(disk, Path, Encoding.ASCII.GetBytes(promises._asked));
            promises._promised = promises._asked;
        }

        return Task.CompletedTask;
    }

    public static Task Verify(SimulatedDisk left, DurablePromises promises, int seed)
    {
        var found = Durable.Load(left, Path, 1 << 20) is { } bytes ? Encoding.ASCII.GetString(bytes.Span) : null;
        Assert.True(found == promises._promised || found == promises._asked, $"Found '{found}'.");
        return Task.CompletedTask;
    }
}
