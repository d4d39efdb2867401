namespace CimStore.Engine;

public sealed record CheckRequest
{
    public static readonly CheckRequest Whole = new();

    /// <summary>All but the bytes of the content.</summary>
    public bool IsQuick { get; init; }
}
