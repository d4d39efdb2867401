using System.IO.Pipelines;
using CimStore.Cli.Terminal;

namespace CimStore.Cli.Storage;

/// <summary>
/// A file that appears whole or not at all: written under a temporary name in the same directory, then renamed
/// over what
/// was there, whose mode it keeps. A device or a pipe cannot be replaced and is written to.
/// </summary>
internal static class AtomicFile
{
    private const int BufferSizeBytes = 256 * 1024;

    public static Task WriteAsync(string path, Func<PipeWriter, Task> write, CancellationToken cancellationToken) =>
        WriteFileAsync(path, file => PipeAsync(file, write), cancellationToken);

    public static async Task WriteFileAsync(
        string path, Func<FileStream, Task> write, CancellationToken cancellationToken)
    {
        var target = FinalTarget(path);
        if (Path.GetDirectoryName(target) is { } folder && !Directory.Exists(folder))
        {
            // Said of the file that was asked for, not of the temporary one beside it.
            throw new DirectoryNotFoundException($"There is no directory {LineEscape.Escape(folder)} to write into.");
        }

        if (FileKind.IsSpecial(target))
        {
            await using var special = new FileStream(
                target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            await write(special);
            return;
        }

        var temporary = TemporaryName(target);
        try
        {
            await using (var file = Create(temporary))
            {
                await write(file);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (!OperatingSystem.IsWindows() && File.Exists(target))
            {
                File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes into a link's target, as cp does, instead of replacing the link.</summary>
    private static string FinalTarget(string path) => new FileInfo(path).LinkTarget is null
        ? Path.GetFullPath(path)
        : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    private static string TemporaryName(string target)
    {
        var name = Path.GetFileName(target);

        // The process id tells runs apart. 50 characters are at most 150 bytes of UTF-8: room below the limit of 255.
        var shortened = name.Length > 50 ? name[..50] : name;
        return Path.Combine(Path.GetDirectoryName(target)!, $".{shortened}.{Environment.ProcessId}.part");
    }

    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
    });

    private static async Task PipeAsync(FileStream file, Func<PipeWriter, Task> write)
    {
        var writer = PipeWriter.Create(
            file, new StreamPipeWriterOptions(minimumBufferSize: BufferSizeBytes, leaveOpen: true));
        try
        {
            await write(writer);
            await writer.FlushAsync();
            await writer.CompleteAsync();
        }
        catch (Exception exception)
        {
            await writer.CompleteAsync(exception);
            throw;
        }
    }
}
