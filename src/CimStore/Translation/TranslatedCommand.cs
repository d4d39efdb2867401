using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Translation;

/// <summary>
/// A command of the storage as an event asks for it. Closed. A CID that is null is the one of the Store before it.
/// </summary>
public abstract record TranslatedCommand
{
    private TranslatedCommand()
    {
    }

    /// <param name="Content">Null: by reference; the content is here already under the expected CID.</param>
    /// <param name="Reference">The pin that keeps it.</param>
    public sealed record Store(
        ReadOnlyMemory<byte>? Content, Cid? ExpectedCid, ulong Codec, ulong HashFunction, ConsistencyTerms Terms,
        AccessPattern Pattern, Reference Reference) : TranslatedCommand;

    public sealed record Retrieve(Cid Cid) : TranslatedCommand;

    /// <param name="IsAtLeast">A word asks for no fewer copies; a number asks for so many.</param>
    public sealed record Replicate(Cid? Cid, int Factor, bool IsAtLeast) : TranslatedCommand;

    public sealed record Migrate(Cid? Cid, StorageTier Tier) : TranslatedCommand;

    public sealed record Delete(Cid Cid, Reference Reference, TimeSpan? Grace) : TranslatedCommand;

    public sealed record SetName(Reference Reference, Cid? Cid, Cid? Expected, bool MustBeNew) : TranslatedCommand;

    /// <summary>As the rule file writes it.</summary>
    public string Word => this switch
    {
        Store => CommandWords.Store,
        Retrieve => CommandWords.Retrieve,
        Replicate => CommandWords.Replicate,
        Migrate => CommandWords.Migrate,
        Delete => CommandWords.Delete,
        _ => CommandWords.SetName,
    };
}
