using System.Buffers;
using CimStore.Locations;

namespace CimStore.Journal;

/// <summary>
/// The bytes of a Store: small ones travel in the journal's own batch, large ones were staged and sealed.
/// </summary>
public abstract record AdmittedContent
{
    private AdmittedContent()
    {
    }

    public sealed record Inline(ReadOnlySequence<byte> Payload) : AdmittedContent;

    public sealed record Staged(IStagedContent Content) : AdmittedContent;
}
