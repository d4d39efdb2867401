using CimStore.Locations;

namespace CimStore.Testing.Faults;

/// <summary>What goes wrong in one operation of a location.</summary>
public abstract record LocationMishap
{
    private LocationMishap()
    {
    }

    /// <summary>It fails and did nothing.</summary>
    public sealed record Before(LocationFault Fault) : LocationMishap;

    /// <summary>It is done, and then says that it failed. A listing breaks off behind the first copy.</summary>
    public sealed record After(LocationFault Fault) : LocationMishap;

    /// <summary>It begins so much later.</summary>
    public sealed record Stall(TimeSpan Delay) : LocationMishap;

    /// <summary>A read gives other bytes than there are: one bit, at this place modulo what was read.</summary>
    public sealed record Lie(int Bit) : LocationMishap;

    /// <summary>A read gives at most so many bytes, where there are more.</summary>
    public sealed record CutShort(int Bytes) : LocationMishap;

    /// <summary>It is done, and the process dies before anybody is told.</summary>
    internal sealed record Death : LocationMishap;

    public static LocationMishap Full { get; } = new Before(LocationFault.Full);
}
