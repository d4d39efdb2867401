using CimStore.Locations;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace CimStore.Nats.Events;

/// <summary>
/// The streams that events go to, made where they are not there: without them an event has nowhere to be kept. Who
/// wants them otherwise makes them before; they stay so.
/// </summary>
internal static class EventStreams
{
    private const int NameInUse = 10058;
    private const long ReadCountMax = 1_000_000;

    /// <exception cref="LocationException">JetStream does not answer, or another stream has the subjects.</exception>
    public static async ValueTask EnsureAsync(
        NatsLink link, EventOutboxOptions options, CancellationToken cancellationToken)
    {
        var (events, reads) = (options.Profile.EventStream, options.Profile.ReadStream);
        await EnsureAsync(link, events, options.EventAgeMax, options.EventCountMax, options, cancellationToken);
        await EnsureAsync(link, reads, options.ReadAgeMax, ReadCountMax, options, cancellationToken);
    }

    private static async ValueTask EnsureAsync(
        NatsLink link, (string Name, string Subject) stream, TimeSpan ageMax, long countMax,
        EventOutboxOptions options, CancellationToken cancellationToken)
    {
        var wanted = new StreamConfig(stream.Name, [stream.Subject])
        {
            Retention = StreamConfigRetention.Limits,
            Discard = StreamConfigDiscard.Old,
            Storage = StreamConfigStorage.File,
            MaxAge = ageMax,
            MaxMsgs = countMax,
            NumReplicas = options.Replicas,
            DuplicateWindow = options.DuplicateWindow < ageMax ? options.DuplicateWindow : ageMax,
            AllowDirect = true,
        };
        try
        {
            await link.JetStream.CreateStreamAsync(wanted, cancellationToken);
        }
        catch (NatsJSApiException exists) when (exists.Error.ErrCode == NameInUse)
        {
            // Somebody's own settings.
        }
        catch (Exception failure) when (NatsFaults.IsFault(failure))
        {
            throw NatsFaults.Of(failure, mayHaveHappened: true, $"making the stream {stream.Name}");
        }
    }
}
