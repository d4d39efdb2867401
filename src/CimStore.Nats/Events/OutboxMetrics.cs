using System.Diagnostics.Metrics;
using CimStore.Diagnostics;

namespace CimStore.Nats.Events;

/// <summary>
/// How far the streams are behind the journal, for whoever scrapes. Measuring reads the journal, so what is shown is
/// what was measured last; nothing before the first time.
/// </summary>
public sealed class OutboxMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly bool _isOwn;
    private volatile OutboxLag? _lag;

    /// <param name="factory">Owns the meter; null makes one that belongs to this object.</param>
    public OutboxMetrics(IMeterFactory? factory)
    {
        _isOwn = factory is null;
        _meter = factory?.Create(NodeMetrics.MeterName) ?? new Meter(NodeMetrics.MeterName);
        _meter.CreateObservableGauge(
            "cimstore.outbox.events", () => Show(static lag => (long)lag.Events), "{event}",
            "Events that no stream has confirmed yet.");
        _meter.CreateObservableGauge(
            "cimstore.outbox.lag", () => Show(static lag => lag.Time.TotalSeconds), "s",
            "The age of the oldest of them.");
    }

    public void Measured(OutboxLag lag) => _lag = lag;

    public void Dispose()
    {
        if (_isOwn)
        {
            _meter.Dispose();
        }
    }

    private IEnumerable<Measurement<T>> Show<T>(Func<OutboxLag, T> read)
        where T : struct =>
        _lag is { } lag ? [new Measurement<T>(read(lag))] : [];
}
