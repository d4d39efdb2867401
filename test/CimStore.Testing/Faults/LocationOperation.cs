namespace CimStore.Testing.Faults;

/// <summary>What a location is asked for.</summary>
public enum LocationOperation
{
    Stage,
    Write,
    WriteTree,
    Seal,
    Read,
    ReadTree,
    Release,
    Describe,
    List,
    Inspect,
    Heal,
    MeasureSpace,
    Tidy,
}
