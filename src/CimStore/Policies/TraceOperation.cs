namespace CimStore.Policies;

public enum TraceOperation
{
    Put,
    Get,
    Delete,
}
