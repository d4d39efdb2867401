using CimStore.Locations;

namespace CimStore.Engine;

/// <summary>The closed set of words that failures are counted under.</summary>
internal static class FaultKind
{
    public static string Of(Exception fault) => fault switch
    {
        RefusedException => "refused",
        OperationCanceledException => "cancelled",
        LocationException => "location",
        IntegrityException => "integrity",
        _ => "other",
    };
}
