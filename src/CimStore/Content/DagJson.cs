using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CimStore.Content;

/// <summary>DAG-JSON (0x0129) as <see cref="IpldNode"/>.</summary>
public static class DagJson
{
    private const string Format = "dag-json";

    /// <summary>Reads the canonical text only: the one that <see cref="Encode"/> would write.</summary>
    /// <exception cref="ContentFormatException">The bytes are not canonical DAG-JSON.</exception>
    public static IpldNode Decode(ReadOnlySpan<byte> source)
    {
        var node = DecodeLoose(source);

        // White space, key order, escapes, number and base64 forms: all of them are canonical if the text comes back.
        var canonical = new ArrayBufferWriter<byte>(Math.Max(16, source.Length));
        Encode(node, canonical);
        var same = source.CommonPrefixLength(canonical.WrittenSpan);
        return same == source.Length && same == canonical.WrittenCount
            ? node
            : throw new ContentFormatException(Format, same, "this is not the canonical form of the value");
    }

    /// <summary>
    /// Reads what a person may have typed: white space, any key order, any number form. Keys still occur once, and a
    /// map that begins with "/" is still a link or bytes.
    /// </summary>
    /// <exception cref="ContentFormatException">The bytes are not DAG-JSON.</exception>
    public static IpldNode DecodeLoose(ReadOnlySpan<byte> source)
    {
        var reader = new Utf8JsonReader(source, new JsonReaderOptions { MaxDepth = IpldNode.DepthMax });
        try
        {
            reader.Read();
            var node = Read(ref reader);
            reader.Read();
            return node;
        }
        catch (JsonException problem)
        {
            var phrase = problem.Message.Split(". LineNumber:")[0].TrimEnd('.');
            throw new ContentFormatException(Format, reader.BytesConsumed, phrase, problem);
        }
        catch (InvalidOperationException problem)
        {
            throw Fail(in reader, "the string is not Unicode", problem);
        }
    }

    /// <exception cref="ArgumentException">
    /// Deeper than <see cref="IpldNode.DepthMax"/>, not Unicode, or a map in the form of a link or of bytes.
    /// </exception>
    public static void Encode(IpldNode node, IBufferWriter<byte> output) => new DagJsonWriter(output).Write(node, 0);

    /// <summary>
    /// The forms that the reserved namespace keeps for links and bytes: "/" first, with a string, or with a map that
    /// begins with "bytes" and a string.
    /// </summary>
    internal static bool IsReserved(ReadOnlySpan<KeyValuePair<string, IpldNode>> bytewiseEntries)
    {
        if (bytewiseEntries.IsEmpty || bytewiseEntries[0].Key != "/")
        {
            return false;
        }

        return bytewiseEntries[0].Value is IpldNode.String
            || (bytewiseEntries[0].Value is IpldNode.Map inner && BytesOf(inner) is not null);
    }

    private static IpldNode Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => IpldNode.Null.Instance,
        JsonTokenType.True => new IpldNode.Bool(true),
        JsonTokenType.False => new IpldNode.Bool(false),
        JsonTokenType.Number => ReadNumber(ref reader),
        JsonTokenType.String => new IpldNode.String(reader.GetString()!),
        JsonTokenType.StartArray => ReadList(ref reader),
        JsonTokenType.StartObject => ReadMap(ref reader),
        _ => throw Fail(in reader, "the value is missing"),
    };

    private static IpldNode ReadNumber(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        if (text.IndexOfAny(".eE"u8) >= 0)
        {
            return double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? new IpldNode.Float(number)
                : throw Fail(in reader, "the number is too large");
        }

        return Int128.TryParse(text, CultureInfo.InvariantCulture, out var value)
            && value >= IpldNode.Integer.ValueMin && value <= IpldNode.Integer.ValueMax
                ? new IpldNode.Integer(value)
                : throw Fail(in reader, "the integer needs more than a sign and 64 bits");
    }

    private static IpldNode.List ReadList(ref Utf8JsonReader reader)
    {
        var items = ImmutableArray.CreateBuilder<IpldNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Read(ref reader));
        }

        return new IpldNode.List(items.DrainToImmutable());
    }

    private static IpldNode ReadMap(ref Utf8JsonReader reader)
    {
        var entries = new List<KeyValuePair<string, IpldNode>>();
        var start = reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            entries.Add(new(key, Read(ref reader)));
        }

        entries.Sort((left, right) => IpldKeyOrder.Bytewise.Compare(left.Key, right.Key));
        if (IsReserved(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries)))
        {
            return Resolve(entries, start);
        }

        try
        {
            return new IpldNode.Map(entries);
        }
        catch (ArgumentException problem)
        {
            throw new ContentFormatException(Format, start, problem.Message.Split(" (Param")[0].TrimEnd('.'), problem);
        }
    }

    private static IpldNode Resolve(List<KeyValuePair<string, IpldNode>> entries, long start)
    {
        if (entries.Count > 1)
        {
            throw new ContentFormatException(Format, start, "other keys stand beside \"/\"");
        }

        if (entries[0].Value is IpldNode.Map inner)
        {
            return inner.Entries.Length == 1
                ? new IpldNode.Bytes(FromBase64(BytesOf(inner)!, start))
                : throw new ContentFormatException(Format, start, "other keys stand beside \"bytes\"");
        }

        var text = ((IpldNode.String)entries[0].Value).Value;
        if (!Cid.TryParse(text.AsSpan(), out var cid, out var reason))
        {
            throw new ContentFormatException(Format, start, $"the link is not a CID: {reason}");
        }

        return cid.ToString() == text
            ? new IpldNode.Link(cid)
            : throw new ContentFormatException(Format, start, $"the link is not in its base: it should be {cid}");
    }

    /// <summary>The text under "bytes", when that key comes first in byte order.</summary>
    private static string? BytesOf(IpldNode.Map inner)
    {
        var isFirst = inner.Entries.All(entry => IpldKeyOrder.Bytewise.Compare(entry.Key, "bytes") >= 0);
        return isFirst && inner["bytes"] is IpldNode.String text ? text.Value : null;
    }

    private static byte[] FromBase64(string text, long start)
    {
        // Padding is not canonical, but older tools wrote it; the strict reading refuses it with all other differences.
        var unpadded = text.TrimEnd('=');
        var padded = unpadded + new string('=', (4 - (unpadded.Length % 4)) % 4);
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        var status = Base64.DecodeFromUtf8(Encoding.UTF8.GetBytes(padded), bytes, out _, out var written);
        return status == OperationStatus.Done
            ? bytes[..written]
            : throw new ContentFormatException(Format, start, "the bytes are not base64");
    }

    private static ContentFormatException Fail(
        in Utf8JsonReader reader, string problem, Exception? inner = null) =>
        new(Format, reader.TokenStartIndex, problem, inner);
}
