using CimStore.Disk.Files;
using CimStore.Disk.Log;
using CimStore.Locations;

namespace CimStore.Disk;

/// <summary>Says what failed in the words of the ports.</summary>
internal static class Faults
{
    public static Exception Translate(LogException failure) => failure switch
    {
        { Fault: LogFault.TooLarge } => new ArgumentException(failure.Message, failure),
        { Fault: LogFault.Corrupt } => new IntegrityException(failure.Message, failure),
        { State: CommitState.Unknown or CommitState.Stored } =>
            new LocationException(LocationFault.Unknown, failure.Message, failure),
        { Fault: LogFault.DiskFull } => new LocationException(LocationFault.Full, failure.Message, failure),
        { Fault: LogFault.Overloaded } => new LocationException(LocationFault.Throttled, failure.Message, failure),
        _ => new LocationException(LocationFault.Offline, failure.Message, failure),
    };

    public static LocationException Translate(DiskException failure) => new(
        failure.IsNoSpace ? LocationFault.Full
            : failure.IsMedium ? LocationFault.Medium
            : LocationFault.Offline,
        failure.IsNoSpace ? $"{LogException.DiskFullText} {failure.Message}" : failure.Message,
        failure);
}
