using System.Buffers;
using System.IO.Pipelines;
using CimStore.Diagnostics;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>Content that is in memory and was proved when it came there.</summary>
internal sealed class CachedReader(
    ObjectRecord record, ReadOnlyMemory<byte> content, NodeMetrics metrics, ReadCounts? reads) : IContentReader
{
    private static readonly LocationId Memory = new("memory");

    public ObjectRecord Record { get; } = record;

    public async ValueTask CopyToAsync(
        PipeWriter destination, long offset, long length, CancellationToken cancellationToken)
    {
        var range = ContentRange.Clip(offset, length, content.Length);
        destination.Write(content.Span.Slice((int)range.Offset, (int)range.Length));
        await destination.FlushAsync(cancellationToken);
        metrics.Read("memory", range.Length, TimeSpan.Zero);
        reads?.Add(Record.Key, Memory, TimeSpan.Zero);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
