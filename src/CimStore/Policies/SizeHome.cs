namespace CimStore.Policies;

/// <summary>Where the seed's decision matrix puts content by its size alone (D4).</summary>
public enum SizeHome
{
    KeyValueInMemory,
    KeyValueOnDisk,
    ObjectStore,
    ObjectStoreAndExternal,
}
