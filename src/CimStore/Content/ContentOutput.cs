using System.IO.Pipelines;

namespace CimStore.Content;

/// <summary>Flushing with the two refusals of a pipe made plain.</summary>
internal static class ContentOutput
{
    /// <exception cref="IOException">Whoever reads the output has gone.</exception>
    public static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken);
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The write was cancelled.");
        }

        if (result.IsCompleted)
        {
            throw new IOException("The reader of the output has gone.");
        }
    }
}
