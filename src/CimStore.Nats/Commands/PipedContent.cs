using System.IO.Pipelines;
using CimStore.Engine;

namespace CimStore.Nats.Commands;

/// <summary>Stores what somebody else writes: what is in flight is what the pipe holds.</summary>
internal static class PipedContent
{
    /// <param name="client">The node.</param>
    /// <param name="request">How.</param>
    /// <param name="write">Writes the content; what it throws, the Store fails with.</param>
    /// <param name="cancellationToken">Stops both.</param>
    public static async ValueTask<StoreResult> StoreAsync(
        IStorageClient client, StoreRequest request, Func<PipeWriter, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var writing = WriteAsync(pipe.Writer, write, stopping.Token);
        try
        {
            return await client.StoreAsync(pipe.Reader, request, cancellationToken);
        }
        finally
        {
            // Wakes the writer when the Store ended early.
            await pipe.Reader.CompleteAsync();
            await stopping.CancelAsync();
            await writing;
        }
    }

    private static async Task WriteAsync(
        PipeWriter writer, Func<PipeWriter, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        Exception? broken = null;
        try
        {
            await write(writer, cancellationToken);
        }
        catch (Exception failure)
        {
            // The reader of the pipe gets it in the place of the end: the Store fails with it.
            broken = failure;
        }

        await writer.CompleteAsync(broken);
    }
}
