using CimStore.Content;
using CimStore.Objects;

namespace CimStore.Engine;

/// <summary>
/// How content is to be stored. All defaults are safe: BLAKE3, raw, synced, pinned for the local owner.
/// </summary>
public sealed record StoreRequest
{
    public static readonly StoreRequest Default = new();

    /// <summary>Codec of the CID; content is taken as given and not parsed.</summary>
    public ulong Codec { get; init; } = Codecs.Raw;

    /// <summary>BLAKE3 (0x1e) or SHA2-256 (0x12).</summary>
    public ulong HashFunction { get; init; } = HashFunctions.Blake3;

    /// <summary>
    /// Refuse the content when its CID is not this one. Its codec and hash then decide, not the two above.
    /// </summary>
    public Cid? ExpectedCid { get; init; }

    /// <summary>The content's length when it is known; a shorter or longer body is refused.</summary>
    public long? LengthBytes { get; init; }

    /// <summary>
    /// The durability class asked for by name; null takes the strongest one the locations satisfy (D3).
    /// </summary>
    public DurabilityClass? Class { get; init; }

    public DataClass DataClass { get; init; }

    /// <summary>Null: the data class decides (D13).</summary>
    public ConsistencyLevel? Level { get; init; }

    public AccessPattern Pattern { get; init; }

    /// <summary>Accept copies owed instead of a refusal when the class cannot be satisfied.</summary>
    public bool AcceptDebt { get; init; }

    /// <summary>
    /// The pin that keeps the content; null stores it without any reference, to be named before its grace ends.
    /// </summary>
    public Reference? Reference { get; init; } = new(OwnerId.Local, NamespaceId.Default, null);

    public CommandIdentity Identity { get; init; } = CommandIdentity.None;
}
