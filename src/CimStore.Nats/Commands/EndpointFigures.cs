using System.Text.Json.Nodes;

namespace CimStore.Nats.Commands;

/// <summary>
/// What the service's statistics cannot measure: commands run side by side, and the library times only their
/// beginning.
/// </summary>
internal sealed class EndpointFigures
{
    private long _count;
    private long _ticks;

    public void Add(TimeSpan took)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _ticks, took.Ticks);
    }

    public JsonObject ToJson()
    {
        var (count, took) = (Interlocked.Read(ref _count), new TimeSpan(Interlocked.Read(ref _ticks)));
        return new JsonObject
        {
            ["commands"] = count,
            ["seconds"] = took.TotalSeconds,
            ["seconds_mean"] = count == 0 ? 0 : took.TotalSeconds / count,
        };
    }
}
