namespace CimStore.Objects;

/// <summary>A namespace maps names to CIDs and belongs to one owner (D34).</summary>
public readonly record struct NamespaceId
{
    public static readonly NamespaceId Default = new("default");

    public NamespaceId(string name) => Name = Label.Require(name, "A namespace");

    public string Name { get; }

    public override string ToString() => Name;
}
