using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>
/// How one command is made of an event. Closed: every case is a word of the rule file. A CID that is not said is the
/// one of the Store before it in the same rule.
/// </summary>
public abstract record CommandRule
{
    private CommandRule()
    {
    }

    /// <param name="Content">The bytes; null: they are here already, and the CID names them.</param>
    public sealed record Store(
        ContentField? Content, RuleField<Cid>? Cid, RuleField<ConsistencyTerms>? Consistency,
        RuleField<AccessPattern>? Pattern, RuleField<ulong>? Codec, RuleField<ulong>? Hash, OwnerRule Owner)
        : CommandRule;

    public sealed record Retrieve(RuleField<Cid> Cid) : CommandRule;

    /// <summary>By a number, or by a word that says one.</summary>
    public sealed record Replicate(
        RuleField<Cid>? Cid, RuleField<int>? Factor, RuleField<ConsistencyTerms>? Consistency) : CommandRule;

    public sealed record Migrate(RuleField<Cid>? Cid, RuleField<StorageTier> Tier) : CommandRule;

    public sealed record Delete(RuleField<Cid> Cid, RuleField<TimeSpan>? Grace, OwnerRule Owner) : CommandRule;

    public sealed record SetName(
        RuleField<Cid>? Cid, RuleField<string> Name, RuleField<Cid>? Expected, RuleField<bool>? MustBeNew,
        OwnerRule Owner) : CommandRule;
}
