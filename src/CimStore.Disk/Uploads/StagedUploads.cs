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
        StagedUpload? upload = null;
        try
        {
            upload = StagedUpload.Begin(id, _disk, _space, path, terms, at);

            // The client is told of the upload next, and counts on finding it again.
            _disk.SyncDirectory(_directory, SyncPoint.UploadName);
            return upload;
        }
        catch (DiskException failure)
        {
            upload?.Dispose();
            Discard(path + Durable.TemporarySuffix);
            Discard(path);
            throw Faults.Translate(failure);
        }
    }

    /// <summary>
    /// What an earlier process left, not yet verified. Files that a crash left before anyone was told of them go; what
    /// cannot be read otherwise stays, and is told of.
    /// </summary>
    /// <exception cref="LocationException">The directory cannot be read.</exception>
    public FoundUploads Load() => Guard(() =>
    {
        var found = ImmutableArray.CreateBuilder<StagedUpload>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableUpload>();
        foreach (var name in _disk.List(_directory))
        {
            var path = Path.Combine(_directory, name);
            if (name.EndsWith(Suffix + Durable.TemporarySuffix, StringComparison.Ordinal))
            {
                _disk.Unlink(path);
                continue;
            }

            var (upload, cause) = Open(name, path);
            if (upload is not null)
            {
                found.Add(upload);
            }
            else if (cause is not null)
            {
                unreadable.Add(new UnreadableUpload(IdOf(name), path, cause));
            }
        }

        return new FoundUploads(found.ToImmutable(), unreadable.ToImmutable());
    });

    /// <summary>Removes an upload that cannot be read, because somebody asked for it.</summary>
    /// <exception cref="LocationException">It may or may not be gone.</exception>
    public void Remove(UnreadableUpload upload)
    {
        ArgumentNullException.ThrowIfNull(upload);
        Guard(() => _disk.Unlink(upload.Path));
    }

    /// <summary>Looks at all heads and changes nothing, while others make, finish and remove uploads.</summary>
    /// <returns>Those that cannot be read.</returns>
    internal static IEnumerable<UnreadableUpload> Inspect(IDisk disk, string directory)
    {
        if (!disk.Exists(directory))
        {
            yield break;
        }

        var space = new SpaceGuard(disk, directory, ReserveBytes);
        foreach (var name in disk.List(directory))
        {
            var path = Path.Combine(directory, name);
            if (!name.EndsWith(Suffix + Durable.TemporarySuffix, StringComparison.Ordinal)
                && CauseOf(name, () => StagedUpload.Inspect(disk, space, path)) is { } cause)
            {
                yield return new UnreadableUpload(IdOf(name), path, cause);
            }
        }
    }

    private (StagedUpload? Upload, string? Cause) Open(string name, string path)
    {
        StagedUpload? upload = null;
        var cause = CauseOf(name, () =>
        {
            (upload, var why) = StagedUpload.Open(IdOf(name), _disk, _space, path);
            return why;
        });
        return (upload, cause);
    }

    /// <summary>A disk that fails one file must not keep the others, and the node, from their work.</summary>
    private static string? CauseOf(string name, Func<string?> read)
    {
        if (!name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return "it is no upload of this program by its name";
        }

        try
        {
            return read();
        }
        catch (DiskException failure)
        {
            return failure.IsAbsent ? null : failure.Message;
        }
    }

    private static string IdOf(string name) => Path.GetFileNameWithoutExtension(name);

    private void Discard(string path)
    {
        if (_disk.Exists(path))
        {
            _disk.Unlink(path);
        }
    }

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
