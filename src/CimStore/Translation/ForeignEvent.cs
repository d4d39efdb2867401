namespace CimStore.Translation;

/// <summary>An event in the words of another context, ready to be sent.</summary>
/// <param name="Utf8">JSON on one line.</param>
public sealed record ForeignEvent(string Subject, ReadOnlyMemory<byte> Utf8);
