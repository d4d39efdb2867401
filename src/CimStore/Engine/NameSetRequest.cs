using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <param name="Cid">What the name shall name; ignored by a delete.</param>
/// <param name="Expected">The CID it must name now; with <paramref name="MustBeNew"/> it must not exist.</param>
public sealed record NameSetRequest(
    OwnerId Owner, NamespaceId Namespace, string Name, Cid? Cid, Cid? Expected, bool MustBeNew,
    CommandIdentity Identity);
