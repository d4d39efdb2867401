using System.Globalization;
using System.Text;
using CimStore.Cli.Terminal;
using CimStore.Locations;

namespace CimStore.Cli.Storage;

/// <summary>Who has a data directory, as its lock file says: <c>PID ADDRESS</c>, the address only for a node.</summary>
internal sealed record DirectoryOwner(int? ProcessId, Uri? Address)
{
    private const string LockName = "lock";
    private const int LockSizeMaxBytes = 4096;

    /// <summary>
    /// The store's refusal of a directory that another process has; other refusals are the user's to read.
    /// </summary>
    public static bool IsInUse(LocationException exception) =>
        exception.Fault == LocationFault.Offline
            && exception.Message.Contains(" is in use by ", StringComparison.Ordinal);

    public static DirectoryOwner Read(string directory)
    {
        try
        {
            using var file = new FileStream(
                Path.Combine(directory, LockName), FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[LockSizeMaxBytes];
            var words = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, false))
                .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            return Parse(words);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new DirectoryOwner(null, null);
        }
    }

    public CliException InUse(string directory, Exception cause) => new(
        ExitCode.InUse,
        $"The data directory {directory} is in use by {(ProcessId is { } pid ? $"process {pid}" : "another process")}"
            + (Address is { } address
                ? $", which serves it at {address.GetLeftPart(UriPartial.Authority)}: use --server, or stop it."
                : ", which does not say where it can be asked: wait for it to end."),
        cause);

    private static DirectoryOwner Parse(string[] words)
    {
        var isNumber = int.TryParse(
            words.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var processId);
        var address = words.Length > 1 && Uri.TryCreate(words[1], UriKind.Absolute, out var uri)
            && uri.Scheme is ("http" or "https")
            ? new Uri(words[1])
            : null;
        return new DirectoryOwner(isNumber ? processId : null, address);
    }
}
