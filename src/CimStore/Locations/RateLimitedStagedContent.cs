namespace CimStore.Locations;

internal sealed class RateLimitedStagedContent(IStagedContent inner, TokenBucket operations, TokenBucket bytesTaken)
    : IStagedContent
{
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await bytesTaken.TakeAsync(bytes.Length, cancellationToken);
        await inner.WriteAsync(bytes, cancellationToken);
    }

    public async ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        await bytesTaken.TakeAsync(nodes.Length, cancellationToken);
        await inner.WriteTreeAsync(nodes, cancellationToken);
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        await operations.TakeAsync(1, cancellationToken);
        return await inner.SealAsync(manifest, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
