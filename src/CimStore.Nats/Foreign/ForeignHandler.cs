using System.Buffers;
using CimStore.Http;

namespace CimStore.Nats.Foreign;

/// <summary>What takes one event of another context: translates it, does it, and says what became of it.</summary>
/// <param name="subject">Where it came.</param>
/// <param name="body">Valid until the answer.</param>
/// <param name="actor">Who sent it, when the event does not say it.</param>
/// <param name="cancellationToken">What was done by then stands; the event may be given again.</param>
/// <exception cref="Engine.RefusedException">Nothing was done and nothing kept.</exception>
/// <exception cref="CimStore.Locations.LocationException">It is to be given again.</exception>
public delegate ValueTask<WireTypes.ForeignAcknowledgement> ForeignHandler(
    string subject, ReadOnlySequence<byte> body, string? actor, CancellationToken cancellationToken);
