using CimStore.Locations;
using Microsoft.Win32.SafeHandles;

namespace CimStore.S3;

/// <summary>Where content waits until its name is known: some in memory, the rest in files of this folder.</summary>
internal sealed class S3SpoolFolder
{
    private const string Extension = ".spool";

    private readonly string _path;
    private readonly LocationId _location;
    private readonly long _bufferBytesMax;
    private long _bufferBytes;
    private long _lastFile;

    /// <summary>Removes what an earlier process left.</summary>
    /// <exception cref="LocationException">The folder cannot be used.</exception>
    public S3SpoolFolder(S3Options options)
    {
        (_path, _location, _bufferBytesMax) = (options.SpoolDirectory, options.Id, options.BufferBytesMax);
        try
        {
            // Content lies here as it came: nobody else is to read it.
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(_path);
            }
            else
            {
                Directory.CreateDirectory(
                    _path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            foreach (var left in Directory.EnumerateFiles(_path, "*" + Extension))
            {
                File.Delete(left);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Translate("be opened", failure);
        }
    }

    /// <returns>False when so much waits in memory already that these bytes go into a file.</returns>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _bufferBytes, bytes) <= _bufferBytesMax)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _bufferBytes, -bytes);

    /// <summary>A file that goes when it is closed.</summary>
    public SafeFileHandle Create()
    {
        var name = Path.Combine(_path, $"{Interlocked.Increment(ref _lastFile)}{Extension}");
        try
        {
            return File.OpenHandle(
                name, FileMode.Create, FileAccess.ReadWrite, FileShare.None,
                FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Translate("take content", failure);
        }
    }

    /// <summary>The bucket has room all the same: it is this machine that cannot take in more at once.</summary>
    public LocationException Translate(string what, Exception failure) => new(
        LocationFault.Throttled,
        $"The location {_location} could not {what}: the directory {_path}, in which content waits until it is sent, "
        + $"fails ({failure.Message}). Nothing was stored.",
        failure);
}
