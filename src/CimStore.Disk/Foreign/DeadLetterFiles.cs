using System.Collections.Immutable;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Foreign;

/// <summary>
/// Dead letters, a file each; <c>docs/formats/dead-letters.md</c> has the bytes. Belongs to whoever has the data
/// directory's lock. Not for two threads at once.
/// </summary>
public sealed class DeadLetterFiles
{
    /// <summary>The folder inside a data directory.</summary>
    public const string Folder = "dead-letters";

    public const int EventSizeMaxBytes = 16 << 20;

    private const string Suffix = ".json";
    private const int IdDigits = 32;

    // An event and what is said of it; the subject and the reason are bounded where they are made.
    private const int FileSizeMaxBytes = EventSizeMaxBytes + (64 << 10);

    // As much as uploads leave: letters are refused before stores are.
    private const long ReserveBytes = 256 << 20;

    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly SpaceGuard _space;

    /// <param name="directory">Made when it is not there.</param>
    /// <exception cref="LocationException">The directory cannot be made.</exception>
    public DeadLetterFiles(string directory)
        : this(new PosixDisk(), directory)
    {
    }

    internal DeadLetterFiles(IDisk disk, string directory)
    {
        (_disk, _directory) = (disk, directory);
        _space = new SpaceGuard(disk, directory, ReserveBytes);
        Guard(() =>
        {
            disk.EnsureDirectory(directory);
            return true;
        });
    }

    /// <summary>
    /// Reads all of them, one after the other. A file that a crash left before anyone was told of it goes.
    /// </summary>
    /// <param name="found">Gets each that can be read, in the order of ids.</param>
    /// <returns>Those that cannot.</returns>
    /// <exception cref="LocationException">The directory cannot be read.</exception>
    public ImmutableArray<UnreadableDeadLetter> Load(Action<DeadLetter> found) => Guard(() =>
    {
        ArgumentNullException.ThrowIfNull(found);
        var unreadable = ImmutableArray.CreateBuilder<UnreadableDeadLetter>();
        foreach (var name in _disk.List(_directory))
        {
            var path = Path.Combine(_directory, name);
            if (name.EndsWith(Suffix + Durable.TemporarySuffix, StringComparison.Ordinal))
            {
                _disk.Unlink(path);
                continue;
            }

            var id = Path.GetFileNameWithoutExtension(name);
            try
            {
                found(IsId(id) && name == id + Suffix
                    ? ReadFile(id)
                    : throw new IntegrityException("it is no dead letter of this program by its name"));
            }
            catch (Exception failure) when (failure is IntegrityException or DiskException)
            {
                // A disk that fails one file must not keep the others, and the node, from their work.
                unreadable.Add(new UnreadableDeadLetter(id, path, failure.Message));
            }
        }

        return unreadable.ToImmutable();
    });

    /// <summary>Returns once the letter is there for good, in the place of one with its id.</summary>
    /// <exception cref="LocationException">It may or may not be there; with Full it is not.</exception>
    public void Write(DeadLetter letter)
    {
        ArgumentNullException.ThrowIfNull(letter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(letter.Event.Length, EventSizeMaxBytes);
        ArgumentOutOfRangeException.ThrowIfEqual(IsId(letter.Id), false);
        Guard(() =>
        {
            var bytes = DeadLetterCodec.Write(letter);
            _space.Require(bytes.Length);
            Durable.Replace(_disk, PathOf(letter.Id), bytes);
            return true;
        });
    }

    /// <returns>Null when it is not there.</returns>
    /// <exception cref="IntegrityException">It has rotted, or another program wrote it.</exception>
    public DeadLetter? Read(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Guard(() => IsId(id) && _disk.Exists(PathOf(id)) ? ReadFile(id) : null);
    }

    /// <summary>Should a power cut bring it back, it is listed again.</summary>
    /// <exception cref="LocationException">It may or may not be gone.</exception>
    public void Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        Remove(PathOf(id), id);
    }

    /// <summary>Removes one that cannot be read, because somebody asked for it.</summary>
    /// <exception cref="LocationException">It may or may not be gone.</exception>
    public void Remove(UnreadableDeadLetter letter)
    {
        ArgumentNullException.ThrowIfNull(letter);
        Remove(letter.Path, letter.Id);
    }

    private void Remove(string path, string id) => Guard(() =>
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(Path.GetDirectoryName(path), _directory, id);
        if (_disk.Exists(path))
        {
            _disk.Unlink(path);
        }

        return true;
    });

    private DeadLetter ReadFile(string id)
    {
        using var file = _disk.Open(PathOf(id), DiskAccess.Read);
        if (file.Length > FileSizeMaxBytes)
        {
            throw new IntegrityException($"it has {file.Length} bytes; {FileSizeMaxBytes} are the most");
        }

        var bytes = new byte[file.Length];
        var letter = DeadLetterCodec.Read(bytes.AsMemory(0, file.Read(bytes, 0)));
        return letter.Id == id
            ? letter
            : throw new IntegrityException($"it holds the letter {letter.Id}");
    }

    private string PathOf(string id) => Path.Combine(_directory, id + Suffix);

    private static bool IsId(string id) => id.Length == IdDigits && id.All(char.IsAsciiHexDigitLower);

    private static T Guard<T>(Func<T> work)
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
}
