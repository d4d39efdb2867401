using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Journal;

namespace CimStore.Translation;

/// <summary>The way back: what happened in the storage, told in the words of another context.</summary>
public sealed record EventTemplates(ImmutableArray<EventTemplate> All)
{
    public const int TemplatesMax = 256;

    public static readonly EventTemplates None = new([]);

    /// <summary>The first template that takes the event fills itself from it.</summary>
    /// <returns>Null when no template takes it: it is no news for the others.</returns>
    public ForeignEvent? Translate(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (All.FirstOrDefault(template => template.Takes(entry)) is not { } template)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            template.Body.Write(writer, entry);
        }

        return new ForeignEvent(template.Subject.Fill(entry).Text, buffer.WrittenMemory);
    }
}
