namespace CimStore.Crashing;

internal enum CrashVerb
{
    /// <summary>The store is open and the load begins.</summary>
    Opened,

    /// <summary>About to be asked for: from here on it may be there.</summary>
    Asks,

    /// <summary>The store said yes: from here on it must be there.</summary>
    Holds,

    /// <summary>The load is over and the store was closed in peace.</summary>
    Ended,
}
