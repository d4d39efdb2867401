namespace CimStore.Objects;

/// <summary>Who owns namespaces and references. Erasable (D21): never inside a hashed event entry.</summary>
public readonly record struct OwnerId
{
    /// <summary>The owner of everything stored on a node whose users are not told apart.</summary>
    public static readonly OwnerId Local = new("local");

    public OwnerId(string name) => Name = Label.Require(name, "An owner");

    public string Name { get; }

    public override string ToString() => Name;
}
