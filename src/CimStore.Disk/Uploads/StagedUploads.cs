using System.Collections.Immutable;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Uploads;

/// <summary>
/// Content that arrives in several requests, a file each until it is whole; <c>docs/formats/upload.md</c> has the
/// bytes. Belongs to whoever has the data directory's lock.
/// </summary>
public sealed class StagedUploads
{
    private const string Suffix = ".upload";

    // As much as the store keeps for its index, twice: uploads are refused before stores are.
    private const long ReserveBytes = 256 << 20;

    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly SpaceGuard _space;

    /// <param name="directory">Made when it is not there.</param>
    /// <exception cref="LocationException">The directory cannot be made.</exception>
    public StagedUploads(string directory)
        : this(new PosixDisk(), directory)
    {
    }

    internal StagedUploads(IDisk disk, string directory)
    {
        (_disk, _directory) = (disk, directory);
        _space = new SpaceGuard(disk, directory, ReserveBytes);
        Guard(() => disk.EnsureDirectory(directory));
    }

    /// <summary>Makes an upload; when this returns it is there after a power cut, too.</summary>
    /// <param name="id">Letters and digits.</param>
    /// <param name="terms">What its owner has to know of it; kept as given.</param>
    /// <exception cref="LocationException">It was not made.</exception>
    public StagedUpload Create(string id, ReadOnlySpan<byte> terms, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(id);
        var path = Path.Combine(_directory, id + Suffix);
        IDiskFile? file = null;
        try
        {
            file = _disk.Create(path);
            var upload = new StagedUpload(id, _disk, _space, file, at);
            upload.Begin(terms);

            // The client is told of the upload next, and counts on finding it again.
            _disk.SyncDirectory(_directory, SyncPoint.UploadName);
            return upload;
        }
        catch (DiskException failure)
        {
            if (file is not null)
            {
                file.Dispose();
                _disk.Unlink(path);
            }

            throw Faults.Translate(failure);
        }
    }

    /// <summary>
    /// What an earlier process left, not yet verified. Files that a crash left before anyone was told of them go.
    /// </summary>
    /// <exception cref="LocationException">The directory cannot be read.</exception>
    public ImmutableArray<StagedUpload> Load() => Guard(() =>
    {
        var found = ImmutableArray.CreateBuilder<StagedUpload>();
        foreach (var name in _disk.List(_directory))
        {
            var path = Path.Combine(_directory, name);
            if (name.EndsWith(Suffix, StringComparison.Ordinal)
                && StagedUpload.Open(name[..^Suffix.Length], _disk, _space, path) is { } upload)
            {
                found.Add(upload);
            }
            else
            {
                _disk.Unlink(path);
            }
        }

        return found.ToImmutable();
    });

    internal static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DiskException failure)
        {
            throw Faults.Translate(failure);
        }
    }

    private static void Guard(Action work) => Guard(() =>
    {
        work();
        return true;
    });
}
