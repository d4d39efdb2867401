namespace CimStore.Locations;

/// <summary>Why a location failed, so that retry and placement can decide without knowing the adapter.</summary>
public enum LocationFault
{
    /// <summary>Out of space or quota: nothing was stored; reads go on.</summary>
    Full,

    /// <summary>The outcome is not known: the change may or may not come true after a restart.</summary>
    Unknown,

    /// <summary>The location refuses work until an operator acts or it recovers: nothing was stored.</summary>
    Offline,

    /// <summary>Too much at once: nothing was stored; try again later.</summary>
    Throttled,

    /// <summary>
    /// Filled up to a limit short of full, so that everything but storing goes on: nothing was stored. It takes in
    /// again by itself when there is room.
    /// </summary>
    IntakeStopped,

    /// <summary>
    /// Another node changed the object, or the name, meanwhile: nothing was stored. Whoever asks again decides on what
    /// is there now.
    /// </summary>
    Conflict,

    /// <summary>
    /// The medium refuses bytes that are to be read: they may be bad for good. Of one copy, or of all of them: whoever
    /// asked finds out by reading another one.
    /// </summary>
    Medium,

    /// <summary>
    /// What was to be given up is kept until a time that was set for it, as the location was told to: it is whole, and
    /// the location is well.
    /// </summary>
    Retained,
}
