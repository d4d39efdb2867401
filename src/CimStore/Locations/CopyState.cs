namespace CimStore.Locations;

public enum CopyState : byte
{
    Verified = 0,
    Quarantined = 1,
    Releasing = 2,
}
