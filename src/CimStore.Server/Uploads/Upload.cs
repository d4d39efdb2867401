using System.Buffers;
using System.IO.Pipelines;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Server.Http;

namespace CimStore.Server.Uploads;

/// <summary>
/// One content that arrives in several requests. Its bytes flow straight into one Store of the engine, which waits
/// between the parts; so nothing is buffered beyond the pipe, and nothing is half visible.
/// </summary>
internal sealed class Upload : IAsyncDisposable
{
    // 1 MiB x 64 uploads = 64 MiB at most.
    private const int PipeSizeMaxBytes = 1024 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: PipeSizeMaxBytes,
        resumeWriterThreshold: PipeSizeMaxBytes / 2, useSynchronizationContext: false));

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Task<StoreResult> _storing;
    private long _offset;

    public Upload(string id, IStorageClient node, StoreRequest request, DateTimeOffset now)
    {
        Id = id;
        LengthBytes = request.LengthBytes;
        TouchedAt = now;
        _storing = StoreAsync(node, request);
    }

    public string Id { get; }

    public long? LengthBytes { get; }

    /// <summary>Bytes taken so far.</summary>
    public long Offset => Interlocked.Read(ref _offset);

    public bool IsComplete { get; private set; }

    public DateTimeOffset TouchedAt { get; set; }

    /// <summary>Whether a request is writing to it now; such an upload is not idle, however slow.</summary>
    public bool IsBusy => _turn.CurrentCount == 0;

    /// <summary>
    /// Adds the body at <paramref name="offset"/>, as far as it arrives; what arrived stays when it breaks off.
    /// </summary>
    public async ValueTask AppendAsync(long offset, PipeReader body, CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync();
        if (offset != Offset || IsComplete)
        {
            throw ProblemWriter.Refuse("upload-offset-mismatch", $"The upload stands at {Offset}, not at {offset}.");
        }

        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                _pipe.Writer.Write(segment.Span);
                Interlocked.Add(ref _offset, segment.Length);
            }

            body.AdvanceTo(read.Buffer.End);

            // The bytes belong to the upload now, whether or not this request lives on.
            if ((await _pipe.Writer.FlushAsync(_ending.Token)).IsCompleted)
            {
                await _storing;
                throw new LocationException(LocationFault.Unknown, "The store ended before the upload did.");
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Ends the content and waits until it is durable. Repeating it gives the same answer.</summary>
    public async ValueTask<StoreResult> CompleteAsync(CancellationToken cancellationToken)
    {
        using (await EnterAsync())
        {
            if (!IsComplete)
            {
                IsComplete = true;
                await _pipe.Writer.CompleteAsync();
            }
        }

        return await _storing.WaitAsync(cancellationToken);
    }

    /// <summary>Gives the upload up: the engine's Store fails and leaves nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        try
        {
            await _storing;
        }
        catch (Exception)
        {
            // What the Store ended with was told to the request that completed it, or nobody waits for it.
        }

        await _pipe.Writer.CompleteAsync();
        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<StoreResult> StoreAsync(IStorageClient node, StoreRequest request)
    {
        try
        {
            return await node.StoreAsync(_pipe.Reader, request, _ending.Token);
        }
        finally
        {
            // Wakes a part that waits for room, when the Store ended early.
            await _pipe.Reader.CompleteAsync();
        }
    }

    private async ValueTask<Turn> EnterAsync() =>
        await _turn.WaitAsync(TimeSpan.Zero)
            ? new Turn(_turn)
            : throw ProblemWriter.Refuse("upload-busy", "Another request is writing to the upload.");

    private readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
