using System.Globalization;
using System.Text.Json;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Translation;

namespace CimStore.Nats.Commands;

/// <summary>Values of the domain out of a command's members; what cannot be read is refused with its reason.</summary>
internal static class CommandRequests
{
    private const string DefaultOwner = "owner";
    private const string Space = "namespace";
    private const string Name = "name";
    private const string CidMember = "cid";

    /// <summary>D31: what is absent is made here, so that every answer names its command.</summary>
    public static CommandIdentity IdentityOf(CommandInput input, IdSource ids)
    {
        var message = IdOf(input, CommandVerb.MessageId) ?? DeduplicationIdOf(input) ?? ids.Next();
        return new CommandIdentity(
            message, IdOf(input, CommandVerb.CorrelationId), IdOf(input, CommandVerb.CausationId),
            input.Text(CommandVerb.Actor));
    }

    /// <summary>How long it may take from now on; not positive when its time is over.</summary>
    public static TimeSpan PatienceOf(CommandInput input, StorageServiceOptions options, TimeProvider time)
    {
        TimeSpan? asked = input.Number(CommandVerb.TimeoutMs, 0, int.MaxValue) is { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
        if (input.Text(CommandVerb.Deadline) is { } text)
        {
            var left = DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var deadline)
                ? deadline - time.GetUtcNow()
                : throw input.Wrong(CommandVerb.Deadline, "an instant (RFC 3339)");
            asked = asked is { } other && other < left ? other : left;
        }

        var patience = asked ?? options.DeadlineDefault;
        return patience < options.DeadlineMax ? patience : options.DeadlineMax;
    }

    public static StoreRequest StoreOf(CommandInput input, CommandIdentity identity) => new()
    {
        Codec = CodecOf(input),
        HashFunction = input.Text("hash") switch
        {
            null or "" or "blake3" => HashFunctions.Blake3,
            "sha2-256" => HashFunctions.Sha256,
            var other => throw new RefusedException(new Refusal(
                "hash-unsupported", $"New content is named with blake3 or sha2-256, not '{other}'.")),
        },
        ExpectedCid = OptionalCidOf(input, "expected_cid"),
        LengthBytes = input.Number("content_size", 0, long.MaxValue),
        Class = Choice<DurabilityClass>(input, "class"),
        DataClass = Choice<DataClass>(input, "data_class") ?? default,
        Level = Choice<ConsistencyLevel>(input, "level"),
        Pattern = Choice<AccessPattern>(input, "pattern") ?? default,
        AcceptDebt = input.Flag("accept_debt") ?? false,
        Reference = input.Text("pin") switch
        {
            null => ReferenceOf(input),
            "none" => null,
            _ => throw input.Wrong("pin", "none, or no pin at all,"),
        },
        Identity = identity,
    };

    public static ReplicateRequest ReplicateOf(CommandInput input, CommandIdentity identity) =>
        new((int)(input.Number("factor", 1, 16) ?? throw input.Wrong("factor", "a number 1..16")), identity)
        {
            IsAtLeast = input.Flag("at_least") ?? false,
        };

    public static MigrateRequest MigrateOf(CommandInput input, CommandIdentity identity) =>
        new(Choice<StorageTier>(input, "tier") ?? throw input.Wrong("tier", Names<StorageTier>()), identity);

    public static DeleteRequest DeleteOf(CommandInput input, CommandIdentity identity) =>
        new(ReferenceOf(input), GraceOf(input), identity);

    public static NameSetRequest NameOf(CommandInput input, CommandIdentity identity, Cid? cid) =>
        new(SpaceOf(input).Owner, SpaceOf(input).Namespace, NameOf(input), cid, OptionalCidOf(input, "expected_cid"),
            input.Verb == CommandVerb.NameSet && (input.Flag("must_be_new") ?? false), identity);

    public static string NameOf(CommandInput input) => input.Text(Name) ?? throw input.Wrong(Name, "a name");

    public static OwnedSpace SpaceOf(CommandInput input) => Labels(() => new OwnedSpace(
        input.Text(DefaultOwner) is { } owner ? new OwnerId(owner) : OwnerId.Local,
        input.Text(Space) is { } space ? new NamespaceId(space) : NamespaceId.Default));

    public static RetrieveRequest RetrieveOf(CommandInput input, CommandIdentity identity) =>
        new(new Lsn((ulong)(input.Number("at_least_lsn", 0, long.MaxValue) ?? 0)), identity);

    public static Cid CidOf(CommandInput input) =>
        OptionalCidOf(input, CidMember) ?? throw input.Wrong(CidMember, "a CID");

    private static Cid? OptionalCidOf(CommandInput input, string member) =>
        input.Text(member) is not { } text ? null
        : Cid.TryParse(text.AsSpan(), out var cid, out var reason) ? cid
        : throw new RefusedException(new Refusal("malformed-cid", $"{member} is not a CID: {reason}"));

    private static Reference ReferenceOf(CommandInput input)
    {
        var space = SpaceOf(input);
        return new Reference(space.Owner, space.Namespace, input.Text(Name));
    }

    private static ulong CodecOf(CommandInput input)
    {
        if (input.Text("codec") is not { Length: > 0 } text)
        {
            return Codecs.Raw;
        }

        return Codecs.TryParse(text, out var codec) && Codecs.IsMintable(codec)
            ? codec
            : throw new RefusedException(new Refusal(
                "codec-unknown", $"New content cannot be named with the codec '{text}'."));
    }

    /// <summary>Seconds, as over HTTP, or d.hh:mm:ss.</summary>
    private static TimeSpan? GraceOf(CommandInput input)
    {
        const string Member = "grace";
        if (input.Text(Member) is not { } text)
        {
            return null;
        }

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var grace) && grace >= TimeSpan.Zero
                ? grace
                : throw input.Wrong(Member, "seconds or d.hh:mm:ss, as a string,");
    }

    /// <summary>By name alone: the parser of .NET also takes numbers, and several names at once.</summary>
    private static T? Choice<T>(CommandInput input, string member)
        where T : struct, Enum
    {
        if (input.Text(member) is not { Length: > 0 } text)
        {
            return null;
        }

        var name = Enum.GetNames<T>().FirstOrDefault(
            name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name is null ? throw input.Wrong(member, Names<T>()) : Enum.Parse<T>(name);
    }

    private static string Names<T>()
        where T : struct, Enum => "one of " + string.Join(", ", Enum.GetNames<T>());

    /// <summary>
    /// A UUID of any version, or a CID (which becomes a UUID, the same for the same CID). A correlation may be the
    /// tagged object of other modules, a causation may be null: at a root there is none.
    /// </summary>
    private static MessageId? IdOf(CommandInput input, string member)
    {
        if (input.Element(member) is { ValueKind: JsonValueKind.Object } tagged)
        {
            return TaggedOf(input, member, tagged);
        }

        var text = input.Text(member);
        if (text is null or "" or "null")
        {
            return null;
        }

        if (text[0] != '{')
        {
            return Read(input, member, text);
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            return TaggedOf(input, member, json.RootElement);
        }
        catch (JsonException)
        {
            throw input.Wrong(member, "a UUID");
        }
    }

    private static MessageId? TaggedOf(CommandInput input, string member, JsonElement tagged) =>
        tagged.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String
        && kind.GetString() is "Single" or "Transaction"
        && tagged.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String
            ? Read(input, member, value.GetString()!)
            : throw input.Wrong(member, "a UUID, or an object of kind (Single or Transaction) and value,");

    private static MessageId Read(CommandInput input, string member, string text) =>
        (Guid.TryParseExact(text, "D", out _) || Cid.TryParse(text.AsSpan(), out _, out _))
        && ForeignIdentity.TryRead("", text, out var id)
            ? id.Value
            : throw input.Wrong(member, "a UUID that is not all zeros");

    /// <summary>What clients set for the deduplication of streams is an id as well, whatever its form.</summary>
    private static MessageId? DeduplicationIdOf(CommandInput input) =>
        input.Header(CommandHeaders.DeduplicationId) is { Length: > 0 } text
        && ForeignIdentity.TryRead("", text, out var id)
            ? id
            : null;

    private static T Labels<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException invalid)
        {
            throw new RefusedException(new Refusal("malformed-parameter", invalid.Message));
        }
    }
}
