using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>
/// A copy could not be made, and not because of the location that was to have it: the other copies could not be read,
/// or the journal failed. It is not to be blamed.
/// </summary>
internal sealed class ElsewhereException(Exception cause) : Exception(cause.Message, cause)
{
    public LocationException AsFault() => InnerException as LocationException
        ?? new LocationException(LocationFault.Offline, Message, InnerException);
}
