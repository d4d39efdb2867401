using System.Collections.Immutable;
using CimStore.Journal;

namespace CimStore.Disk;

// What an operator may ask.
public sealed partial class DiskStore
{
    public ImmutableArray<string> Warnings =>
        _log.Failure is { } failure ? _openWarnings.Add(failure.Message) : _openWarnings;

    public BytesWritten BytesWritten
    {
        get
        {
            var counters = _log.Counters;
            return new BytesWritten(counters.ContentBytes + counters.OverheadBytes + counters.PaddingBytes, 0, 0, 0);
        }
    }

    public ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<long> CompactAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
