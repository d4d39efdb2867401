using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

/// <summary>What a Store asks for once every default is filled in.</summary>
internal sealed record StoreTerms(
    ulong Codec, ulong HashFunction, DurabilityClass Class, ConsistencyLevel Level, int CopiesOwed,
    int CopiesBefore, bool AcceptDebt)
{
    public bool IsSha256 => HashFunction == HashFunctions.Sha256;

    /// <exception cref="RefusedException">The hash is not supported, or the class or level cannot be had.</exception>
    /// <param name="request">What was asked for.</param>
    /// <param name="home">Where new content goes first.</param>
    /// <param name="domains">Effective copies that all locations together can hold.</param>
    /// <param name="usual">The class of what is stored without one; null is the strongest there is.</param>
    public static StoreTerms Of(StoreRequest request, LocationTraits home, int domains, DurabilityClass? usual)
    {
        var expected = request.ExpectedCid?.ToV1();
        var function = expected?.HashFunction ?? request.HashFunction;
        if (function is not (HashFunctions.Blake3 or HashFunctions.Sha256))
        {
            throw Refuse(
                "hash-unsupported",
                $"Content is named with BLAKE3 or SHA2-256 here, not with {HashFunctions.Name(function)}.");
        }

        var codec = expected?.Codec ?? request.Codec;
        if (!Codecs.IsMintable(codec))
        {
            throw Refuse(
                "codec-unknown", $"The codec {Codecs.Name(codec)} is neither registered nor of the CIM range.");
        }

        if (expected is { Digest.Length: not Blake3.HashSizeBytes })
        {
            throw Refuse("hash-unsupported", "Content is named with digests of 32 bytes here.");
        }

        var level = request.Level ?? ConsistencyTable.LevelFor(request.DataClass);
        var durability = request.Class ?? usual ?? DurabilityPolicy.Strongest(domains);
        if (!request.AcceptDebt && DurabilityPolicy.WhyNot(durability, domains) is { } reason)
        {
            throw Refuse("class-unsatisfied", reason);
        }

        if (level == ConsistencyLevel.Strong && !home.SyncsBeforeAcknowledgement)
        {
            var remedy = home.SyncRemedy is { } setting ? $" {setting}" : "";
            throw Refuse(
                "not-synced", "Strong needs a location that syncs before it answers; this one does not." + remedy);
        }

        // When the entry is written the home location has it and no other.
        var owed = ConsistencyTable.CopiesRequired(durability) - 1;
        var before = ConsistencyTable.CopiesBeforeAcknowledgement(durability, level);
        return new StoreTerms(codec, function, durability, level, owed, before, request.AcceptDebt);
    }

    public Cid Name(ReadOnlySpan<byte> blake3, ReadOnlySpan<byte> sha256) =>
        Cid.FromDigest(Codec, HashFunction, IsSha256 ? sha256 : blake3);

    private static RefusedException Refuse(string code, string message) => new(new Refusal(code, message));
}
