using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>
/// Content on a node. Small whole contents are proved before their first byte is passed on; large ones while they flow,
/// with the verdict at the end; ranges are the node's word (D37). Over HTTP nothing holds the content between two
/// calls.
/// </summary>
internal sealed class HttpContentReader(NodeChannel node, Cid cid, ObjectRecord record, RetrieveRequest request)
    : IContentReader
{
    private const int ProvedFirstSizeMaxBytes = 1024 * 1024;
    private const int BufferSizeBytes = 64 * 1024;

    public ObjectRecord Record => record;

    public async ValueTask CopyToAsync(
        PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        length = Math.Min(length, Math.Max(0, record.SizeBytes - offset));
        var isWhole = offset == 0 && length == record.SizeBytes;
        if (isWhole && length <= ProvedFirstSizeMaxBytes)
        {
            await CopySmallAsync(destination, cancellationToken);
            return;
        }

        using var proof = isWhole ? new ContentProof(cid) : null;
        await CopyResumingAsync(offset, length, (bytes, token) =>
            PassOn(destination, proof, bytes, token), cancellationToken);
        Require(proof);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async ValueTask PassOn(
        PipeWriter destination, ContentProof? proof, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        proof?.Add(bytes.Span);
        var flush = await destination.WriteAsync(bytes, cancellationToken);
        if (flush.IsCompleted || flush.IsCanceled)
        {
            throw new OperationCanceledException("The reader of the content is gone.");
        }
    }

    private async ValueTask CopySmallAsync(PipeWriter destination, CancellationToken cancellationToken)
    {
        var size = (int)record.SizeBytes;
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, size));
        try
        {
            var filled = 0;
            using var proof = new ContentProof(cid);
            await CopyResumingAsync(0, size, Fill, cancellationToken);
            proof.Add(rented.AsSpan(0, size));
            Require(proof);
            if (size > 0)
            {
                await PassOn(destination, null, rented.AsMemory(0, size), cancellationToken);
            }

            ValueTask Fill(ReadOnlyMemory<byte> bytes, CancellationToken _)
            {
                bytes.CopyTo(rented.AsMemory(filled));
                filled += bytes.Length;
                return ValueTask.CompletedTask;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Require(ContentProof? proof)
    {
        if (proof is not null && !proof.Holds())
        {
            throw new IntegrityException($"What the node sent is not {cid}: its hash differs.");
        }
    }

    /// <summary>
    /// A connection that ends early is taken up at the byte where it ended. When the node had cut it because no copy
    /// is right from there on, it now says so, and that is what the caller hears.
    /// </summary>
    private async ValueTask CopyResumingAsync(
        long offset, long length, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> passOn,
        CancellationToken cancellationToken)
    {
        var end = offset + length;
        var failures = 0;
        while (offset < end)
        {
            var before = offset;
            var broken = default(Exception);
            await using var part = await OpenPartAsync(offset, end, cancellationToken);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferSizeBytes);
            try
            {
                while (offset < end)
                {
                    var wanted = (int)Math.Min(buffer.Length, end - offset);
                    var (count, failure) = await ReadAsync(part.Body, buffer.AsMemory(0, wanted), cancellationToken);
                    broken = failure;
                    if (count == 0)
                    {
                        break;
                    }

                    await passOn(buffer.AsMemory(0, count), cancellationToken);
                    offset += count;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            failures = offset > before ? 0 : failures + 1;
            if (offset < end && failures > node.ResumesMax)
            {
                throw new LocationException(
                    LocationFault.Offline, $"The content broke off at byte {offset}: {broken?.Message}", broken);
            }
        }
    }

    private static async ValueTask<(int Count, Exception? Failure)> ReadAsync(
        Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return (await body.ReadAsync(buffer, cancellationToken), null);
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            return (0, failure);
        }
    }

    private async ValueTask<OpenPart> OpenPartAsync(long offset, long end, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Content(cid));
        if (offset > 0 || end < record.SizeBytes)
        {
            message.Headers.Range = new RangeHeaderValue(offset, end - 1);
        }

        HttpStorageClient.AddRetrieve(message, request);
        var response = await node.SendAsync(message, cancellationToken);
        return new OpenPart(response, await response.Content.ReadAsStreamAsync(cancellationToken));
    }

    private sealed record OpenPart(HttpResponseMessage Response, Stream Body) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Body.DisposeAsync();
            Response.Dispose();
        }
    }
}
