namespace CimStore.Objects;

/// <summary>Where names live: a namespace belongs to an owner (D34). A namespace alone is the local owner's.</summary>
public readonly record struct OwnedSpace(OwnerId Owner, NamespaceId Namespace)
{
    public static implicit operator OwnedSpace(NamespaceId space) => new(OwnerId.Local, space);
}
