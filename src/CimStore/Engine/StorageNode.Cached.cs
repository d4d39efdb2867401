using System.Buffers;
using System.IO.Pipelines;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

public sealed partial class StorageNode
{
    /// <summary>Content in memory: proved when it came there and, unless told otherwise, at each read.</summary>
    internal sealed class CachedReader(StorageNode node, ObjectRecord record, ReadOnlyMemory<byte> content)
        : IContentReader
    {
        private static readonly LocationId Memory = new("memory");

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
                if (!IsRight(whole.Span))
                {
                    return CopyAnewAsync(destination, range, cancellationToken);
                }

                destination.Advance(content.Length);
            }
            else if (IsRight(content.Span))
            {
                destination.Write(content.Span.Slice((int)range.Offset, (int)range.Length));
            }
            else
            {
                return CopyAnewAsync(destination, range, cancellationToken);
            }

            node._metrics.Read("memory", range.Length, TimeSpan.Zero);
            node._reads?.Add(Record.Key, Memory, TimeSpan.Zero);
            return FlushAsync(destination, cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async ValueTask FlushAsync(PipeWriter destination, CancellationToken cancellationToken) =>
            await destination.FlushAsync(cancellationToken);

        private bool IsRight(ReadOnlySpan<byte> bytes) =>
            !node._options.Cache.ProvesEachRead || IsRoot(Record, bytes);

        /// <summary>Memory rots too. What lies at the location is another matter.</summary>
        private async ValueTask CopyAnewAsync(
            PipeWriter destination, ContentRange range, CancellationToken cancellationToken)
        {
            Log.CacheRotted(node._ports.Logger, Record.Key.Cid.ToString());
            node._cache.Remove(Record.Key);
            await using var reader = await node.OpenAsync(Record.Key.Cid, RetrieveRequest.Default, cancellationToken)
                ?? throw new IntegrityException(
                    $"{Record.Key.Cid} changed in memory, and nothing else is left of it.");
            await reader.CopyToAsync(destination, range.Offset, range.Length, cancellationToken);
        }
    }
}
