using System.Collections.Concurrent;
using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>How full each location was when it was asked last.</summary>
internal sealed class LocationRooms(ImmutableArray<ILocation> locations)
{
    private readonly ConcurrentDictionary<LocationId, LocationRoom> _rooms = new();

    public double? FillShareOf(LocationId location) =>
        _rooms.TryGetValue(location, out var room) ? room.FillShare : null;

    public long? FreeBytesOf(LocationId location) =>
        _rooms.TryGetValue(location, out var room) ? room.BytesFree : null;

    public async ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var location in locations)
        {
            try
            {
                _rooms[location.Id] = await location.FindRoomAsync(cancellationToken);
            }
            catch (LocationException)
            {
                // Not known is not full: it is asked again in the next cycle.
                _rooms.TryRemove(location.Id, out _);
            }
        }
    }
}
