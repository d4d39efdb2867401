using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Testing.Faults;

/// <summary>Staged content whose writes fail by what is written, and whose sealing fails by its key.</summary>
internal sealed class FaultyStagedContent(IStagedContent inner, FaultInjection faults) : IStagedContent
{
    public IStagedContent Inner => inner;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => faults.RunAsync(
        LocationOperation.Write, Named(bytes), () => inner.WriteAsync(bytes, cancellationToken), cancellationToken);

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken) =>
        faults.RunAsync(
            LocationOperation.WriteTree, Named(nodes), () => inner.WriteTreeAsync(nodes, cancellationToken),
            cancellationToken);

    public ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken) =>
        faults.RunAsync(
            LocationOperation.Seal, FaultyLocation.Named(manifest.Key),
            () => inner.SealAsync(manifest, cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static string Named(ReadOnlyMemory<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(bytes.Span, digest);
        return $"{bytes.Length} bytes {Convert.ToHexStringLower(digest[..8])}";
    }
}
