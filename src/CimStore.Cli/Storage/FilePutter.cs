using System.Buffers;
using System.IO.Pipelines;
using CimStore.Cli.Terminal;
using CimStore.Engine;

namespace CimStore.Cli.Storage;

/// <summary>
/// Stores files in the order given. Small ones are gathered and stored with one sync; a large one, or one whose
/// length is
/// not known beforehand, is streamed. What was gathered is stored before it, so that lines stay in order.
/// </summary>
internal sealed class FilePutter(IStorageClient client, StoreRequest request, PutReport report, Progress progress)
{
    /// <summary>The engine's inline limit: content up to this size may travel in a batch.</summary>
    private const int SmallSizeMaxBytes = 1024 * 1024;

    private const int BatchItemsMax = 64;

    /// <summary>4 MiB gathered at most: one sync's worth, and all the memory that a put of many files takes.</summary>
    private const int BatchSizeMaxBytes = 4 * 1024 * 1024;

    private const int StreamBufferSizeBytes = 256 * 1024;

    private readonly List<(string Path, byte[] Rented, int SizeBytes)> _batch = [];
    private int _batchSizeBytes;

    public async Task PutAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (path == "-")
            {
                await FlushAsync(cancellationToken);
                await StreamAsync("-", StandardInput.Open(), null, cancellationToken);
                return;
            }

            await PutFileAsync(path, cancellationToken);
        }
        catch (Exception exception) when (IsOfThisFile(exception))
        {
            report.Failed(path, exception);
        }
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
        {
            return;
        }

        try
        {
            var items = _batch.ConvertAll(file =>
                new StoreItem(new ReadOnlySequence<byte>(file.Rented, 0, file.SizeBytes), request.ExpectedCid));
            var many = request with { ExpectedCid = null, LengthBytes = null };
            var results = await client.StoreManyAsync(items, many, cancellationToken);
            for (var index = 0; index < results.Count; index++)
            {
                Report(_batch[index].Path, results[index]);
            }

            progress.Add(_batch.Count, _batchSizeBytes);
        }
        finally
        {
            _batch.ForEach(file => ArrayPool<byte>.Shared.Return(file.Rented));
            _batch.Clear();
            _batchSizeBytes = 0;
        }
    }

    /// <summary>
    /// Failures that belong to one file; the others would hit every file after it, so they end the command.
    /// </summary>
    public static bool IsOfThisFile(Exception exception) =>
        exception is CliException or RefusedException or UnauthorizedAccessException
            or (IOException and not ClosedPipeException);

    private async Task PutFileAsync(string path, CancellationToken cancellationToken)
    {
        using var openable = OpenablePath.Of(path);
        if (Directory.Exists(openable.Path))
        {
            throw new CliException(ExitCode.Usage, "is a directory; store it with -r");
        }

        var file = new FileStream(openable.Path, new FileStreamOptions
        {
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            Share = FileShare.ReadWrite | FileShare.Delete,
        });
        await using (file)
        {
            // Pipes, devices and /proc say 0 and have more: they are streams.
            var length = file.CanSeek ? file.Length : 0;
            if (length is 0 or > SmallSizeMaxBytes || request.Identity.MessageId is not null)
            {
                await FlushAsync(cancellationToken);
                await StreamAsync(path, file, length == 0 ? null : length, cancellationToken);
                return;
            }

            await GatherAsync(path, file, (int)length, cancellationToken);
        }
    }

    private async Task GatherAsync(string path, FileStream file, int length, CancellationToken cancellationToken)
    {
        if (_batch.Count == BatchItemsMax || _batchSizeBytes + length > BatchSizeMaxBytes)
        {
            await FlushAsync(cancellationToken);
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        var size = await file.ReadAtLeastAsync(
            rented.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken);
        _batch.Add((path, rented, size));
        _batchSizeBytes += size;
    }

    private async Task StreamAsync(string path, Stream source, long? length, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(source, new StreamPipeReaderOptions(bufferSize: StreamBufferSizeBytes));
        try
        {
            var stored = await client.StoreAsync(
                reader, request with { LengthBytes = length }, cancellationToken);
            report.Stored(path, stored);
            progress.Add(1, stored.SizeBytes);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private void Report(string path, StoreItemResult result)
    {
        if (result.Stored is { } stored)
        {
            report.Stored(path, stored);
        }
        else
        {
            report.Failed(path, new RefusedException(result.Refused!));
        }
    }
}
