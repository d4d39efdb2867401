using System.Collections.Immutable;
using CimStore.Journal;

namespace CimStore.Translation;

/// <summary>What a template can put in, written <c>{{name}}</c>.</summary>
/// <param name="EventTypes">The events that have it; empty: all.</param>
/// <param name="IsToken">
/// It can stand in a subject: it is always there, without white space and dots of a sender's. The CID is not (D30).
/// </param>
public sealed record Placeholder(
    string Name, ImmutableArray<string> EventTypes, bool IsToken, Func<JournalEntry, Scalar> Read)
{
    public bool IsOf(string eventType) => EventTypes.IsEmpty || EventTypes.Contains(eventType);
}
