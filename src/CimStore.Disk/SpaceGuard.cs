using System.Globalization;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk;

/// <summary>
/// Refuses content while the last room is left for the index and the log's own needs. The index recovers from a full
/// disk only at the next open; so the refusal comes before it is full, and ends by itself when there is room again.
/// </summary>
internal sealed class SpaceGuard(IDisk disk, string path, long reserveBytes)
{
    /// <summary>statfs costs a microsecond; a look each few MiB costs nothing and is always in time.</summary>
    private const long BytesPerLook = 4 << 20;

    // On a small disk the reserve must not be most of it: a twentieth.
    private const int ReserveShare = 20;

    private long _sinceLook = BytesPerLook;
    private volatile bool _isShort;

    /// <exception cref="LocationException">Full; nothing was stored.</exception>
    public void Require(long bytes)
    {
        if (!_isShort && Interlocked.Add(ref _sinceLook, bytes) < BytesPerLook)
        {
            return;
        }

        Interlocked.Exchange(ref _sinceLook, 0);
        var space = disk.Space(path);
        var reserve = Math.Min(reserveBytes, space.BytesTotal / ReserveShare);
        _isShort = space.BytesFree - bytes < reserve;
        if (_isShort)
        {
            throw new LocationException(
                LocationFault.Full,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The disk is full; nothing was stored. {path} has {space.BytesFree >> 20} MiB free, of which "
                    + $"{reserve >> 20} MiB are kept for the index. Reading and deleting go on; free some space."));
        }
    }
}
