using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;

namespace CimStore.Http;

/// <summary>A request body that streams from a pipe: what is in flight is what the pipe holds.</summary>
internal sealed class PipeContent : HttpContent
{
    private readonly PipeReader _source;

    public PipeContent(PipeReader source)
    {
        _source = source;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <summary>What went wrong at the source; HttpClient would wrap it beyond recognition.</summary>
    public Exception? SourceFailure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                await stream.WriteAsync(segment, cancellationToken);
            }

            _source.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = await _source.ReadAsync(cancellationToken);
            return read.IsCanceled ? throw new OperationCanceledException("The source of the content was cancelled.")
                : read;
        }
        catch (Exception failure)
        {
            SourceFailure = failure;
            throw;
        }
    }
}
