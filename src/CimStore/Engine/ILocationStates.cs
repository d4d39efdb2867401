using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>Port: keeps what an operator set for a location while the node ran.</summary>
public interface ILocationStates
{
    /// <returns>Null when nothing was ever set.</returns>
    /// <exception cref="LocationException">Nothing is known about it.</exception>
    LocationState? Find(LocationId location);

    /// <summary>Returns once it is durable.</summary>
    /// <exception cref="LocationException">The old state or the new one is kept.</exception>
    void Save(LocationId location, LocationState state);
}
