using System.Collections.Immutable;

namespace CimStore.Translation;

/// <summary>What became of an event. Closed: commands, or a letter that cannot be delivered.</summary>
public abstract record TranslationOutcome
{
    private TranslationOutcome(ForeignIdentity identity) => Identity = identity;

    /// <summary>As far as it could be read.</summary>
    public ForeignIdentity Identity { get; init; }

    /// <param name="Rule">Which rule took the event.</param>
    /// <param name="All">At least one, in the order in which they are to be done.</param>
    public sealed record Commands(string Rule, ImmutableArray<TranslatedCommand> All, ForeignIdentity Identity)
        : TranslationOutcome(Identity);

    /// <param name="Code">Stable; a program branches on it.</param>
    /// <param name="Reason">For a person: the place in the event, what was found, what is allowed.</param>
    /// <param name="Rule">The rule that took the event and could not be followed; null when none took it.</param>
    public sealed record DeadLetter(string Code, string Reason, string? Rule, ForeignIdentity Identity)
        : TranslationOutcome(Identity);
}
