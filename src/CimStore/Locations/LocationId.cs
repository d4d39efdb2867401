namespace CimStore.Locations;

/// <summary>A backend instance, by the name its operator gave it; the embedded log is <c>hot</c>.</summary>
public readonly record struct LocationId(string Name)
{
    public override string ToString() => Name;
}
