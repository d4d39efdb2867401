using System.CommandLine;
using System.Globalization;
using CimStore.Cli.Json;
using CimStore.Cli.Terminal;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Cli.Storage;

/// <summary>How content is to be stored: the options that `put` and `dag put` share.</summary>
internal static class StoreOptions
{
    private static readonly Option<string> Hash = Choice("--hash", "The hash of the CID", "blake3", "sha2-256");

    private static readonly Option<string> Codec = new("--codec")
    {
        Description = "The codec of the CID; the content is taken as it is",
        HelpName = "CODEC",
        DefaultValueFactory = _ => "raw",
    };

    private static readonly Option<string?> Class =
        Choice<DurabilityClass>("--class", "Durability class; else the strongest satisfied");

    private static readonly Option<string?> DataKind =
        Choice<DataClass>("--data-class", "Kind of data; decides the consistency level");

    private static readonly Option<string?> Level =
        Choice<ConsistencyLevel>("--level", "What must be true before the answer");

    private static readonly Option<string?> Pattern =
        Choice<AccessPattern>("--pattern", "How the content will be used");

    private static readonly Option<bool> AcceptDebt = new("--accept-debt")
    {
        Description = "Accept copies owed instead of a refusal when the class cannot be satisfied",
    };

    private static readonly Option<string?> MessageIdentity = new("--message-id")
    {
        Description = "Makes the command idempotent: repeated with the same id it takes effect once",
        HelpName = "UUID",
    };

    public static void AddTo(Command command)
    {
        command.Add(Hash);
        command.Add(Codec);
        AddCommonTo(command);
    }

    /// <summary>The same without `--codec`: where the content itself says it.</summary>
    public static void AddCommonTo(Command command)
    {
        command.Add(Class);
        command.Add(DataKind);
        command.Add(Level);
        command.Add(Pattern);
        command.Add(AcceptDebt);
        command.Add(MessageIdentity);
    }

    public static StoreRequest Read(CliSession session) => ReadCommon(session) with
    {
        HashFunction = ParseHash(session.Value(Hash)),
        Codec = ParseCodec(session.Value(Codec)),
    };

    public static StoreRequest ReadCommon(CliSession session) => new()
    {
        Class = Parse<DurabilityClass>(session.Value(Class)),
        DataClass = Parse<DataClass>(session.Value(DataKind)) ?? default,
        Level = Parse<ConsistencyLevel>(session.Value(Level)),
        Pattern = Parse<AccessPattern>(session.Value(Pattern)) ?? default,
        AcceptDebt = session.Value(AcceptDebt),
        Identity = CommandIdentity.None with { MessageId = ParseMessageId(session.Value(MessageIdentity)) },
    };

    public static ulong ParseHash(string text) =>
        text.Equals("blake3", StringComparison.OrdinalIgnoreCase) ? HashFunctions.Blake3 : HashFunctions.Sha256;

    /// <summary>By name or by number (0x300001); the ranges that may be minted are the engine's to know.</summary>
    public static ulong ParseCodec(string text)
    {
        if (Codecs.TryParse(text, out var codec)
            || (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                && ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out codec)))
        {
            return codec;
        }

        throw CliException.Usage(
            $"'{text}' is not a codec: raw, dag-pb, dag-cbor, dag-json, json, or a number (0x55).");
    }

    public static Option<string> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = $"{description} ({string.Join(", ", words)})",
            HelpName = name[2..].ToUpperInvariant(),
            DefaultValueFactory = _ => words[0],
        };
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, words);
        return option;
    }

    private static Option<string?> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var words = JsonText.Words<T>();
        var option = new Option<string?>(name)
        {
            Description = $"{description} ({string.Join(", ", words)})",
            HelpName = name[2..].ToUpperInvariant(),
        };
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, words);
        return option;
    }

    private static T? Parse<T>(string? word)
        where T : struct, Enum => word is null ? null : JsonText.Parse<T>(word);

    private static MessageId? ParseMessageId(string? text) => text is null
        ? null
        : Guid.TryParse(text, out var id)
            ? new MessageId(id)
            : throw CliException.Usage($"'{text}' is not a UUID.");
}
