using System.Collections.Immutable;

namespace CimStore.Journal;

/// <summary>Port: what an operator may ask of a store beside putting and getting.</summary>
public interface IStoreMaintenance
{
    /// <summary>Where every byte of the store is.</summary>
    ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken);

    /// <summary>Gives back the space of garbage by copying live records out of mostly dead segments.</summary>
    /// <returns>Bytes given back.</returns>
    ValueTask<long> CompactAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What is wrong or weaker than promised (unsafe file system, quarantined records, failed log), in words.
    /// </summary>
    ImmutableArray<string> Warnings { get; }

    /// <summary>Counters of the bytes this process wrote: log, large content, index, pre-writing.</summary>
    BytesWritten BytesWritten { get; }
}
