using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using NATS.Client.Core;

namespace CimStore.Nats.Commands;

/// <summary>
/// Content to a caller's inbox: one message where the server's limit allows it, else chunks in order. After each few
/// chunks the caller is asked to answer before more is sent, so that a slow one is not drowned.
/// </summary>
internal sealed class ContentSender(NatsLink link, StorageServiceOptions options, IdSource ids)
{
    /// <summary>Content is proved in groups of so many bytes: chunks of whole groups are proved once.</summary>
    private const int GroupBytes = 16 << 10;

    private const int ChunkMaxBytes = 1 << 20;

    /// <summary>What one answer may hold; another server of the cluster may say another number.</summary>
    public int RoomBytes => Math.Max(1, link.Server.PayloadMaxBytes - CommandHeaders.BudgetBytes);

    /// <exception cref="IntegrityException">No copy is right; what was sent is.</exception>
    /// <exception cref="LocationException">The caller is gone, or does not answer.</exception>
    public async ValueTask SendAsync(
        string replyTo, CommandIdentity identity, IContentReader reader, ContentSlice slice,
        CancellationToken cancellationToken)
    {
        var room = RoomBytes;
        var chunk = (int)Math.Max(1, slice.LengthBytes <= room ? slice.LengthBytes : ChunkOf(room));
        var count = Math.Max(1, (slice.LengthBytes + chunk - 1) / chunk);
        var buffer = ArrayPool<byte>.Shared.Rent(chunk);
        try
        {
            for (var index = 0L; index < count; index++)
            {
                var offset = slice.Offset + (index * chunk);
                var size = (int)Math.Min(chunk, slice.Offset + slice.LengthBytes - offset);
                await ReadAsync(reader, offset, buffer.AsMemory(0, size), cancellationToken);
                var headers = HeadersOf(identity, reader.Record, offset);
                headers[CommandHeaders.ChunkIndex] = index.ToString(CultureInfo.InvariantCulture);
                headers[CommandHeaders.ChunkLast] = index == count - 1 ? "true" : "false";
                var asks = index < count - 1 && (index + 1) % options.ChunksUnansweredMax == 0;
                await SendAsync(replyTo, headers, buffer.AsMemory(0, size), asks, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int ChunkOf(int room)
    {
        var chunk = Math.Min(room, ChunkMaxBytes);
        return chunk > GroupBytes ? chunk - (chunk % GroupBytes) : chunk;
    }

    private static async ValueTask ReadAsync(
        IContentReader reader, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        var segment = new ArraySegment<byte>();
        _ = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(destination, out segment);
        using var stream = new MemoryStream(segment.Array!, segment.Offset, segment.Count);
        var writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyToAsync(writer, offset, destination.Length, cancellationToken);
        await writer.CompleteAsync();
    }

    private async ValueTask SendAsync(
        string replyTo, NatsHeaders headers, ReadOnlyMemory<byte> bytes, bool asks, CancellationToken cancellationToken)
    {
        if (!asks)
        {
            await link.Connection.PublishAsync(replyTo, bytes, headers, cancellationToken: cancellationToken);
            return;
        }

        try
        {
            var answer = await link.Connection.RequestAsync<ReadOnlyMemory<byte>, NatsMemoryOwner<byte>>(
                replyTo, bytes, headers, replyOpts: new NatsSubOpts { Timeout = options.ChunkPatience },
                cancellationToken: cancellationToken);
            answer.Data.Dispose();
        }
        catch (NatsException silent) when (silent is NatsNoReplyException or NatsNoRespondersException)
        {
            throw new LocationException(
                LocationFault.Offline, "The caller did not answer a chunk that asked for it.", silent);
        }
    }

    private NatsHeaders HeadersOf(CommandIdentity identity, ObjectRecord record, long offset)
    {
        var headers = CommandAnswer.Headers(identity, ids, CommandAnswer.Accepted, CommandHeaders.Bytes);
        headers[CommandHeaders.Cid] = record.Key.Cid.ToString();
        headers[CommandHeaders.Root] = record.Root.ToString();
        headers[CommandHeaders.ContentSize] = record.SizeBytes.ToString(CultureInfo.InvariantCulture);
        headers[CommandHeaders.Offset] = offset.ToString(CultureInfo.InvariantCulture);
        return headers;
    }
}
