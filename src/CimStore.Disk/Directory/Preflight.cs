using System.Collections.Immutable;
using System.Globalization;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Directory;

/// <summary>
/// Whether a file system keeps what a completed sync promises (D28), and whether there is room to begin.
/// </summary>
internal static class Preflight
{
    private const double LowShare = 0.05;

    // From statfs(2) and the kernel's magic.h. On these a sync may return before the bytes are safe from a power
    // cut, or they are memory, or they vanish with the container.
    private static readonly Dictionary<long, string> Unsafe = new()
    {
        [0x01021994] = "tmpfs",
        [0x858458F6] = "ramfs",
        [0x794C7630] = "overlayfs",
        [0x6969] = "NFS",
        [0xFE534D42] = "SMB",
        [0xFF534D42] = "CIFS",
        [0x517B] = "SMB",
        [0x65735546] = "FUSE",
        [0x01021997] = "9p",
        [0x00C36400] = "CephFS",
        [0x5346414F] = "AFS",
        [0x0BD00BD0] = "Lustre",
        [0x01161970] = "GFS2",
        [0x61756673] = "aufs",
    };

    /// <returns>What is weaker than promised, in words.</returns>
    /// <exception cref="LocationException">The file system is refused; nothing was made.</exception>
    public static ImmutableArray<string> Examine(string directory, in DiskSpace space, bool forceUnsafe)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (Unsafe.TryGetValue(space.Type, out var name))
        {
            if (!forceUnsafe)
            {
                throw new LocationException(
                    LocationFault.Offline,
                    $"The data directory {directory} is on {name}, which does not promise that synced data survives. "
                    + "Choose a directory on a local disk, or accept the risk with --force-unsafe.");
            }

            warnings.Add($"{directory} is on {name}: a power cut may lose what was acknowledged (--force-unsafe).");
        }

        if (space.BytesTotal > 0 && space.BytesFree < space.BytesTotal * LowShare)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{directory} has {space.BytesFree >> 20} MiB free of {space.BytesTotal >> 20} MiB."));
        }

        // Some file systems (btrfs) have no fixed number and report 0.
        if (space.NodesTotal > 0 && space.NodesFree < space.NodesTotal * LowShare)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{directory} has {space.NodesFree} inodes free of {space.NodesTotal}."));
        }

        return warnings.DrainToImmutable();
    }
}
