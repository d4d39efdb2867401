using System.Diagnostics.Metrics;

namespace CimStore.Testing;

/// <summary>Makes the meters of one test and reads what they tell, and no other test's.</summary>
public sealed class MeterReading : IMeterFactory
{
    private readonly Lock _gate = new();
    private readonly List<Meter> _meters = [];
    private readonly List<(string Name, double Amount, string Tags)> _told = [];
    private readonly MeterListener _listener = new();

    public MeterReading()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, amount, tags, _) => Note(instrument, amount, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, amount, tags, _) => Note(instrument, amount, tags));
        _listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Scope = this;
        var meter = new Meter(options);
        lock (_gate)
        {
            _meters.Add(meter);
        }

        return meter;
    }

    /// <summary>What was told of an instrument since it was asked last; gauges are asked now.</summary>
    public IReadOnlyList<(double Amount, string Tags)> Take(string name)
    {
        _listener.RecordObservableInstruments();
        lock (_gate)
        {
            var taken = _told.Where(told => told.Name == name).Select(static told => (told.Amount, told.Tags)).ToList();
            _told.Clear();
            return taken;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(static meter => meter.Dispose());
    }

    private void Note(Instrument instrument, double amount, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Join(',', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"));
        lock (_gate)
        {
            _told.Add((instrument.Name, amount, text));
        }
    }
}
