using CimStore.Journal;
using CimStore.Locations;

namespace CimStore.Translation;

/// <summary>How one kind of storage event looks to another context.</summary>
/// <param name="EventType">As in <see cref="EventTypes"/>.</param>
/// <param name="Tier">Only where content went to this tier; null: to any.</param>
public sealed record EventTemplate(
    string EventType, StorageTier? Tier, TemplateText Subject, TemplateNode Body, int Line, int Column)
{
    public const int BodyDepthMax = 16;

    public bool Takes(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return EventTypes.Name(entry.Event) == EventType
            && (Tier is null || Placeholders.TierOf(entry.Event) == Tier);
    }
}
