using System.Buffers;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.Testing.Contracts;

/// <summary>A location that keeps its copies itself, and how a test gets one in and out.</summary>
public class LocationUnderTest(ILocation location) : IAsyncDisposable
{
    private const int PieceBytes = 100_000;

    public ILocation Location { get; } = location;

    /// <summary>Stages and seals; then the copy is there.</summary>
    public virtual async Task<Copy> AdmitAsync(byte[] content, CancellationToken cancellationToken)
    {
        await using var staged = await Location.StageAsync(content.Length, cancellationToken);
        var manifest = await WriteAsync(staged, content, cancellationToken);
        var sealedCopy = await staged.SealAsync(manifest, cancellationToken);
        return new Copy(
            Location.Id, sealedCopy.Incarnation, CopyState.Verified, sealedCopy.Header, DateTimeOffset.UnixEpoch);
    }

    public virtual async Task ReleaseAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        await Location.ReleaseAsync(key, copy.Incarnation, cancellationToken);

    public virtual async ValueTask DisposeAsync()
    {
        if (Location is IAsyncDisposable open)
        {
            await open.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Writes content and tree as the engine does: interleaved, in pieces.</summary>
    public static async Task<CopyManifest> WriteAsync(
        IStagedContent staged, byte[] content, CancellationToken cancellationToken)
    {
        var nodes = new ArrayBufferWriter<byte>();
        var root = new byte[Blake3.HashSizeBytes];
        Blake3Outboard.Build(content, root, nodes);
        var sent = 0;
        for (var offset = 0; offset < content.Length; offset += PieceBytes)
        {
            var piece = content.AsMemory(offset, Math.Min(PieceBytes, content.Length - offset));
            await staged.WriteAsync(piece, cancellationToken);
            var part = (nodes.WrittenCount - sent) / 2 / Blake3Outboard.NodeSizeBytes * Blake3Outboard.NodeSizeBytes;
            await staged.WriteTreeAsync(nodes.WrittenMemory.Slice(sent, part), cancellationToken);
            sent += part;
        }

        await staged.WriteTreeAsync(nodes.WrittenMemory[sent..], cancellationToken);
        var cid = Cid.ForRaw(root);
        return new CopyManifest(ContentKey.Shared(cid), content.Length, cid);
    }
}
