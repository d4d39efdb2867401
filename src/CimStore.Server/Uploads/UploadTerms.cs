using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;

namespace CimStore.Server.Uploads;

/// <summary>
/// What a node must know of an upload after a restart, as it is kept in the upload's file: docs/formats/upload.md.
/// Members are only ever added, and each is written out, so that a change of a default changes no upload.
/// </summary>
internal sealed record UploadTerms
{
    private static readonly JsonTypeInfo<UploadTerms> Json = CreateJson();

    public required ulong Codec { get; init; }

    public required ulong HashFunction { get; init; }

    public Cid? ExpectedCid { get; init; }

    public long? LengthBytes { get; init; }

    public DurabilityClass? Class { get; init; }

    public required DataClass DataClass { get; init; }

    public ConsistencyLevel? Level { get; init; }

    public required AccessPattern Pattern { get; init; }

    public required bool AcceptDebt { get; init; }

    /// <summary>Absent: stored without any reference.</summary>
    public Reference? Reference { get; init; }

    public MessageId? MessageId { get; init; }

    public MessageId? CorrelationId { get; init; }

    public MessageId? CausationId { get; init; }

    public string? Actor { get; init; }

    /// <summary>Set when the content was stored: the answer to whoever completes it again.</summary>
    public StoreResult? Stored { get; init; }

    public static UploadTerms Of(StoreRequest request) => new()
    {
        Codec = request.Codec,
        HashFunction = request.HashFunction,
        ExpectedCid = request.ExpectedCid,
        LengthBytes = request.LengthBytes,
        Class = request.Class,
        DataClass = request.DataClass,
        Level = request.Level,
        Pattern = request.Pattern,
        AcceptDebt = request.AcceptDebt,
        Reference = request.Reference,
        MessageId = request.Identity.MessageId,
        CorrelationId = request.Identity.CorrelationId,
        CausationId = request.Identity.CausationId,
        Actor = request.Identity.Actor,
    };

    /// <returns>Null when they are not terms that this program can read.</returns>
    public static UploadTerms? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    private static JsonTypeInfo<UploadTerms> CreateJson()
    {
        var options = new JsonSerializerOptions();
        WireJson.Configure(options);
        options.TypeInfoResolverChain.Add(UploadJson.Default);
        return (JsonTypeInfo<UploadTerms>)options.GetTypeInfo(typeof(UploadTerms));
    }

    public StoreRequest ToRequest() => new()
    {
        Codec = Codec,
        HashFunction = HashFunction,
        ExpectedCid = ExpectedCid,
        LengthBytes = LengthBytes,
        Class = Class,
        DataClass = DataClass,
        Level = Level,
        Pattern = Pattern,
        AcceptDebt = AcceptDebt,
        Reference = Reference,
        Identity = new CommandIdentity(MessageId, CorrelationId, CausationId, Actor),
    };
}
