namespace CimStore.Locations;

/// <summary>A location failed. The message says what happened, what is known now, and what to do.</summary>
public sealed class LocationException : Exception
{
    public LocationException(LocationFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public LocationFault Fault { get; }
}
