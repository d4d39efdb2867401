using System.Text;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>
/// A copy on its way into the bucket. An object's metadata is fixed when it is begun, and the name of content is often
/// known only at its end: so everything waits here until it is sealed.
/// </summary>
internal sealed class S3StagedContent(S3Location location, S3Spool content, S3Spool tree) : IStagedContent
{
    private bool _isSealed;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        return content.WriteAsync(bytes, cancellationToken);
    }

    public ValueTask WriteTreeAsync(ReadOnlyMemory<byte> nodes, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        return tree.WriteAsync(nodes, cancellationToken);
    }

    public async ValueTask<SealedCopy> SealAsync(CopyManifest manifest, CancellationToken cancellationToken)
    {
        RequireOpen();
        cancellationToken.ThrowIfCancellationRequested();
        Check(manifest);
        _isSealed = true;
        await content.FinishAsync(cancellationToken);
        await tree.FinishAsync(cancellationToken);
        return await location.SealAsync(manifest, content, tree, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _isSealed = true;
        content.Dispose();
        tree.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Check(CopyManifest manifest)
    {
        var stored = manifest.StoredBytes ?? manifest.SizeBytes;
        if (stored != content.SizeBytes)
        {
            throw new ArgumentException($"{content.SizeBytes} bytes were written, not {stored}.");
        }

        if (stored != manifest.SizeBytes && manifest.Header == CopyHeader.Plain)
        {
            throw new ArgumentException($"{stored} bytes of {manifest.SizeBytes}, and no header says why.");
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            Encoding.UTF8.GetByteCount(manifest.Header.KeyId ?? ""), S3Description.KeyIdBytesMax, nameof(manifest));
    }

    private void RequireOpen()
    {
        if (_isSealed)
        {
            throw new InvalidOperationException("The content was sealed.");
        }
    }
}
