using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CimStore.Content;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Translation;

/// <summary>The forms of the values that commands take.</summary>
internal static class FieldForms
{
    private const string Blake3Word = "blake3";
    private const string Sha256Word = "sha2-256";

    public static readonly FieldForm<string> Label = new(
        $"a string of 1..{Objects.Label.LengthMax} characters, no control characters",
        value => value.Kind == JsonValueKind.String && Objects.Label.IsValid(value.Text) ? new(value.Text) : null);

    public static readonly FieldForm<Cid> Cid = new(
        "a CID as text",
        value => value.Kind == JsonValueKind.String && Content.Cid.TryParse(value.Text, out var cid) ? new(cid) : null);

    public static readonly FieldForm<bool> Flag = new(
        "true or false",
        value => value.Kind is JsonValueKind.True or JsonValueKind.False
            ? new(value.Kind == JsonValueKind.True)
            : null);

    public static readonly FieldForm<int> Factor = new(
        $"a whole number 1..{ConsistencyTerms.FactorMax}",
        value => value.Kind == JsonValueKind.Number
            && int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var factor)
            && factor is >= 1 and <= ConsistencyTerms.FactorMax
            ? new(factor)
            : null);

    public static readonly FieldForm<TimeSpan> Duration = new(
        PolicyUnits.DurationForm,
        value => value.Kind == JsonValueKind.String && PolicyUnits.Duration(value.Text) is { } duration
            ? new(duration)
            : null);

    public static readonly FieldForm<ulong> Codec = new(
        "the name of a codec, such as raw or dag-json, or a code such as 0x300000",
        value => value.Kind == JsonValueKind.String && Codecs.TryParse(value.Text, out var codec)
            && Codecs.IsMintable(codec)
            ? new(codec)
            : null);

    public static readonly FieldForm<ulong> Hash = new(
        $"{Blake3Word} or {Sha256Word}",
        value => value switch
        {
            { Kind: JsonValueKind.String, Text: Blake3Word } => new(HashFunctions.Blake3),
            { Kind: JsonValueKind.String, Text: Sha256Word } => new(HashFunctions.Sha256),
            _ => null,
        });

    public static FieldForm<T> Word<T>()
        where T : struct, Enum => new(
            $"one of {PolicyNames<T>.Allowed}",
            value => value.Kind == JsonValueKind.String && PolicyNames<T>.Find(value.Text) is { } word
                ? new(word)
                : null);

    /// <summary>Numbers are ids too: many senders count.</summary>
    public static FieldForm<MessageId> Id(string source) => new(
        $"a UUID, or a text or number of 1..{ForeignIdentity.IdLengthMax} characters; not the UUID of zeros",
        value => value.Kind is JsonValueKind.String or JsonValueKind.Number
            && ForeignIdentity.TryRead(source, value.Text, out var id)
            ? new(id.Value)
            : null);

    public static FieldForm<ConsistencyTerms> Consistency(ImmutableSortedDictionary<string, ConsistencyTerms> words) =>
        new(
            words.IsEmpty
                ? "a word of \"consistency\", which has none"
                : $"one of {string.Join(", ", words.Keys)}",
            value => value.Kind == JsonValueKind.String && words.TryGetValue(value.Text, out var terms)
                ? new(terms)
                : null);
}
