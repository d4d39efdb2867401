namespace CimStore.Disk.Log;

internal enum LogFault
{
    /// <summary>No room on the device. The log recovers by itself once there is.</summary>
    DiskFull,

    /// <summary>The device failed to write or sync this batch; the log moved on to a new segment.</summary>
    DiskFailed,

    /// <summary>The log cannot go on: no write is accepted until it is opened again. Reading goes on.</summary>
    LogFailed,

    Closed,

    /// <summary>More writes wait than the limit allows.</summary>
    Overloaded,

    TooLarge,

    /// <summary>The log was written by a newer version of the format.</summary>
    NewerFormat,

    /// <summary>The index has seen more than the log holds: the log lost its end, or is an older copy.</summary>
    BehindIndex,

    /// <summary>The bytes read are not those that were written.</summary>
    Corrupt,
}
