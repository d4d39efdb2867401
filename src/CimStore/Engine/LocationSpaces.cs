using System.Collections.Concurrent;
using System.Collections.Immutable;
using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>How full each location was when it was asked last.</summary>
internal sealed class LocationSpaces(ImmutableArray<ILocation> locations)
{
    private readonly ConcurrentDictionary<LocationId, LocationSpace> _spaces = new();

    public double? FillShareOf(LocationId location) =>
        _spaces.TryGetValue(location, out var space) ? space.FillShare : null;

    public long? FreeBytesOf(LocationId location) =>
        _spaces.TryGetValue(location, out var space) ? space.BytesFree : null;

    public LocationSpace? Find(LocationId location) =>
        _spaces.TryGetValue(location, out var space) ? space : null;

    public async ValueTask MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var location in locations)
        {
            try
            {
                _spaces[location.Id] = await location.MeasureSpaceAsync(cancellationToken);
            }
            catch (LocationException)
            {
                // Not known is not full: it is asked again in the next cycle.
                _spaces.TryRemove(location.Id, out _);
            }
        }
    }
}
