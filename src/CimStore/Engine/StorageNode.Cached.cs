using System.Buffers;
using System.IO.Pipelines;
using CimStore.Content;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

public sealed partial class StorageNode
{
    private static readonly LocationId InMemory = new("memory");

    /// <returns>Null when the bytes changed in memory: they are not there any more.</returns>
    private int? TryReadCached(
        in Cid cid, ObjectRecord record, ReadOnlySpan<byte> content, long offset, Span<byte> destination)
    {
        // Proved before it is copied: while the first blocks are hashed the others arrive from memory, and nobody can
        // write into what is proved.
        if (!IsCachedRight(cid, record, content))
        {
            DropRotted(record);
            return null;
        }

        var range = ContentRange.Clip(offset, destination.Length, content.Length);
        var part = destination[..(int)range.Length];
        content.Slice((int)range.Offset, part.Length).CopyTo(part);
        CountCached(record, range.Length);
        return part.Length;
    }

    private bool IsCachedRight(in Cid cid, ObjectRecord record, ReadOnlySpan<byte> bytes) =>
        !_options.Cache.ProvesEachRead || IsRoot(cid, record, bytes);

    /// <summary>Memory rots too. What lies at the location is another matter.</summary>
    private void DropRotted(ObjectRecord record)
    {
        Log.CacheRotted(_ports.Logger, record.Key.Cid.ToString());
        _cache.Remove(record.Key);
    }

    private void CountCached(ObjectRecord record, long sizeBytes)
    {
        _metrics.Read("memory", sizeBytes, TimeSpan.Zero);
        _reads?.Add(record.Key, InMemory, TimeSpan.Zero);
    }

    /// <summary>Content in memory: proved when it came there and, unless told otherwise, at each read.</summary>
    internal sealed class CachedReader(StorageNode node, ObjectRecord record, ReadOnlyMemory<byte> content)
        : IContentReader
    {
        public ObjectRecord Record { get; } = record;

        internal ReadOnlyMemory<byte> Content => content;

        public ValueTask CopyToAsync(
            PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
        {
            var range = ContentRange.Clip(offset, length, content.Length);
            if (range.Length == content.Length)
            {
                // The bytes that are handed out are the ones that are proved, in the caller's own memory.
                var whole = destination.GetMemory(content.Length)[..content.Length];
                content.CopyTo(whole);
                if (!node.IsCachedRight(Record.Key.Cid, Record, whole.Span))
                {
                    return CopyAnewAsync(destination, range, cancellationToken);
                }

                destination.Advance(content.Length);
            }
            else if (node.IsCachedRight(Record.Key.Cid, Record, content.Span))
            {
                destination.Write(content.Span.Slice((int)range.Offset, (int)range.Length));
            }
            else
            {
                return CopyAnewAsync(destination, range, cancellationToken);
            }

            node.CountCached(Record, range.Length);
            return FlushAsync(destination, cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async ValueTask FlushAsync(PipeWriter destination, CancellationToken cancellationToken) =>
            await destination.FlushAsync(cancellationToken);

        private async ValueTask CopyAnewAsync(
            PipeWriter destination, ContentRange range, CancellationToken cancellationToken)
        {
            node.DropRotted(Record);
            await using var reader = await node.OpenAsync(Record.Key.Cid, RetrieveRequest.Default, cancellationToken)
                ?? throw new IntegrityException(
                    $"{Record.Key.Cid} changed in memory, and nothing else is left of it.");
            await reader.CopyToAsync(destination, range.Offset, range.Length, cancellationToken);
        }
    }
}
