using CimStore.Objects;

namespace CimStore.Engine;

/// <param name="Reference">The reference to remove; by default the local owner's unnamed pin.</param>
/// <param name="Grace">How long the bytes stay afterwards; null takes the node's setting.</param>
public sealed record DeleteRequest(Reference Reference, TimeSpan? Grace, CommandIdentity Identity)
{
    public static readonly DeleteRequest Default = new(
        new Reference(OwnerId.Local, NamespaceId.Default, null), null, CommandIdentity.None);
}
