using System.Collections.Immutable;

namespace CimStore.Journal;

/// <summary>Port: what an operator may ask of a store beside putting and getting.</summary>
public interface IStoreMaintenance
{
    /// <summary>Where every byte of the store is.</summary>
    ValueTask<SpaceLedger> MeasureAsync(CancellationToken cancellationToken);

    /// <summary>Released content not yet compacted away, as <see cref="MeasureAsync"/> has it; looks at no file.
    /// </summary>
    long GarbageBytes { get; }

    /// <summary>Gives back the space of garbage by copying live records out of mostly dead segments.</summary>
    /// <returns>Bytes given back.</returns>
    ValueTask<long> CompactAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Proves every record of the log, and that the index and the large files are what follows from it. The store may
    /// be used meanwhile, and nothing of that is taken for damage; one check at a time, and no compaction beside it.
    /// </summary>
    /// <param name="done">Counts records and their bytes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What is wrong, in words; empty when all is well.</returns>
    /// <exception cref="Locations.LocationException">The disk failed, or has no room for a second index.</exception>
    ValueTask<ImmutableArray<string>> CheckAsync(WorkCount done, CancellationToken cancellationToken);

    /// <summary>
    /// What is wrong or weaker than promised (unsafe file system, quarantined records, failed log), in words.
    /// </summary>
    ImmutableArray<string> Warnings { get; }

    /// <summary>Counters of the bytes this process wrote: log, large content, index, pre-writing.</summary>
    BytesWritten BytesWritten { get; }
}
