namespace CimStore.Disk.Log;

/// <summary>What is known of a write after its commit failed.</summary>
internal enum CommitState
{
    NotStored,

    /// <summary>It may be there after the next open, whole, or not at all.</summary>
    Unknown,

    /// <summary>It is durable, but the index could not take it; it is visible after the next open.</summary>
    Stored,
}
