using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using CimStore.Locations;

namespace CimStore.Diagnostics;

/// <summary>What a node counts. Names, units and tags are public; every tag has a closed set of values.</summary>
public sealed class NodeMetrics : IDisposable
{
    public const string MeterName = "CimStore";

    private static readonly ImmutableArray<KeyValuePair<string, object?>> TierTags =
    [
        .. Enum.GetValues<StorageTier>()
            .Select(static tier => KeyValuePair.Create("tier", (object?)tier.ToString().ToLowerInvariant())),
    ];

    private readonly Meter _meter;
    private readonly Histogram<double> _storeDuration;
    private readonly Histogram<double> _readDuration;
    private readonly Histogram<double> _locationReadDuration;
    private readonly Counter<long> _storeBytes;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _corruptions;
    private readonly Counter<long> _released;

    /// <param name="factory">Owns the meter; null makes one that belongs to this object.</param>
    public NodeMetrics(IMeterFactory? factory)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _storeDuration = _meter.CreateHistogram<double>("cimstore.store.duration", "s", "From request to answer.");
        _readDuration = _meter.CreateHistogram<double>("cimstore.read.duration", "s", "One read, to its last byte.");
        _locationReadDuration = _meter.CreateHistogram<double>(
            "cimstore.location.read.duration", "s", "Until a location gave a reader its first proved bytes.");
        _storeBytes = _meter.CreateCounter<long>("cimstore.store.size", "By", "Content acknowledged.");
        _readBytes = _meter.CreateCounter<long>("cimstore.read.size", "By", "Proved bytes given out.");
        _failures = _meter.CreateCounter<long>("cimstore.failures", "{failure}", "By operation and kind.");
        _corruptions = _meter.CreateCounter<long>("cimstore.copy.corruptions", "{copy}", "Copies found wrong.");
        _released = _meter.CreateCounter<long>("cimstore.released", "{object}", "Objects given up after their grace.");
    }

    /// <summary>Stored, deduplicated or replayed.</summary>
    public void Stored(string outcome, long sizeBytes, TimeSpan took)
    {
        if (_storeDuration.Enabled)
        {
            _storeDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        }

        _storeBytes.Add(sizeBytes);
    }

    /// <returns>When a read began; null when nobody listens to how long reads take.</returns>
    internal long? Now(TimeProvider time) => _readDuration.Enabled ? time.GetTimestamp() : null;

    internal static TimeSpan? Since(long? began, TimeProvider time) =>
        began is { } timestamp ? time.GetElapsedTime(timestamp) : null;

    /// <summary>Served from memory or from a location; how long it took when that was measured.</summary>
    public void Read(string source, long sizeBytes, TimeSpan? took)
    {
        if (took is { } duration)
        {
            _readDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("source", source));
        }

        _readBytes.Add(sizeBytes);
    }

    /// <summary>A location gave a reader the first proved bytes.</summary>
    public void Answered(StorageTier tier, TimeSpan took)
    {
        if (_locationReadDuration.Enabled)
        {
            _locationReadDuration.Record(took.TotalSeconds, TierTags[(int)tier]);
        }
    }

    /// <summary>Operation store or read; kind refused, cancelled, location, integrity or other.</summary>
    public void Failed(string operation, string kind) => _failures.Add(
        1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("kind", kind));

    public void Corrupt() => _corruptions.Add(1);

    public void Released(int count) => _released.Add(count);

    /// <summary>Lets the meter ask for the cache's state when somebody listens.</summary>
    public void Observe(Func<(long Hits, long Misses, long SizeBytes)> cache)
    {
        _meter.CreateObservableCounter("cimstore.cache.hits", () => cache().Hits, "{read}");
        _meter.CreateObservableCounter("cimstore.cache.misses", () => cache().Misses, "{read}");
        _meter.CreateObservableGauge("cimstore.cache.size", () => cache().SizeBytes, "By");
        _meter.CreateObservableGauge(
            "cimstore.cache.hit_ratio",
            () =>
            {
                var (hits, misses, _) = cache();
                return hits + misses == 0 ? 0.0 : (double)hits / (hits + misses);
            },
            "1", "Reads of small content served from memory.");
    }

    /// <summary>Lets the meter show what the last cycle found; nothing before there was one.</summary>
    /// <param name="figures">What the last cycle found.</param>
    /// <param name="garbageBytes">As it was measured last; negative when it was not.</param>
    public void ObserveLifecycle(Func<LifecycleFigures?> figures, Func<long> garbageBytes)
    {
        Gauge("cimstore.replication.lag", "s", "The age of the oldest debt.", () => figures()?.OldestDebt.TotalSeconds);
        Gauge(
            "cimstore.replication.owed", "{object}", "Objects that owe copies or parts.",
            () => figures()?.ObjectsOwed);
        Gauge(
            "cimstore.replication.under_replicated", "{object}", "Objects with fewer copies than their class requires.",
            () => figures()?.UnderReplicated);
        Gauge(
            "cimstore.due.age", "s", "How long the object that waits longest for a decision is due.",
            () => figures()?.DueAge.TotalSeconds);
        Gauge(
            "cimstore.scrub.coverage", "%", "Copies proved within the scrub cycle.", () => figures()?.Coverage * 100);
        Gauge(
            "cimstore.scrub.oldest_proof.age", "s", "How long ago the copy was proved that waits longest.",
            () => figures()?.OldestProof?.TotalSeconds);
        Gauge(
            "cimstore.garbage.size", "By", "Released content in the log that is not compacted away yet.",
            () => garbageBytes() is >= 0 and var bytes ? bytes : null);
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>What is not known is not told: a zero would look like good news.</summary>
    private void Gauge(string name, string unit, string description, Func<double?> read) =>
        _meter.CreateObservableGauge(
            name,
            () => read() is { } amount ? [new Measurement<double>(amount)] : Enumerable.Empty<Measurement<double>>(),
            unit, description);
}
