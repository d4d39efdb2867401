using System.Text;
using CimStore.Content;
using CimStore.Journal;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Nats.Journal;

/// <summary>
/// Which subject an event is published on. What is decided on one record has one subject, so that the server's expected
/// last sequence of the subject is the compare-and-set. Format: docs/formats/journal-stream.md.
/// </summary>
internal sealed class JournalSubjects(string prefix)
{
    private const char Separator = '\0';

    public string All => prefix + ".>";

    /// <summary>The first message: who the chain is.</summary>
    public string Genesis => prefix + ".0.genesis";

    /// <summary>What changes no record: nothing is compared.</summary>
    public string Notes => prefix + ".0.note";

    public string Of(StorageEvent happened) => happened switch
    {
        StorageEvent.Retrieved or StorageEvent.Failed or StorageEvent.Unchanged => Notes,
        StorageEvent.NameSet set => Of(set.Reference),
        StorageEvent.NameDeleted deleted => Of(deleted.Reference),
        _ => Of(ObjectHistory.KeyOf(happened)!.Value),
    };

    /// <summary>The sequence that the subject must be at: of the record the change was decided on.</summary>
    public static ulong? ExpectedOf(JournalChange change) => change.Event switch
    {
        StorageEvent.Retrieved or StorageEvent.Failed or StorageEvent.Unchanged => null,
        StorageEvent.NameSet set => JournalPosition.SequenceOf(set.Previous),
        StorageEvent.NameDeleted deleted => JournalPosition.SequenceOf(deleted.Previous),
        _ => change.Before is { } before ? JournalPosition.SequenceOf(before.Revision) : 0,
    };

    private string Of(ContentKey key) => key.Domain.IsShared
        ? $"{prefix}.0.object.{key.Cid}"
        : $"{prefix}.0.object.{key.Domain.Tag}.{key.Cid}";

    /// <summary>A name may hold what a subject may not, so its hash stands for it.</summary>
    private string Of(Reference reference)
    {
        var text = string.Join(Separator, reference.Owner.Name, reference.Namespace.Name, reference.Name);
        Span<byte> digest = stackalloc byte[Blake3.HashSizeBytes];
        Blake3.Hash(Encoding.UTF8.GetBytes(text), digest);
        return $"{prefix}.0.name.{Convert.ToHexStringLower(digest)}";
    }
}
