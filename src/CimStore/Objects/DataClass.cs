namespace CimStore.Objects;

/// <summary>What kind of data it is; decides consistency where the caller does not (D13).</summary>
public enum DataClass : byte
{
    Content = 0,
    Metadata = 1,
    EventStream = 2,
    Financial = 3,
}
