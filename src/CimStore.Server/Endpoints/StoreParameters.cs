using System.ComponentModel;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Objects;
using CimStore.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CimStore.Server.Endpoints;

/// <summary>How content is to be stored, as query parameters.</summary>
internal sealed class StoreParameters
{
    [FromQuery(Name = "codec")]
    [Description(
        "Codec of the CID: a registered name (raw, dag-cbor, dag-json, dag-pb, ...) or a code such as 0x300000.")]
    public string? Codec { get; init; }

    [FromQuery(Name = "hash")]
    [Description("blake3 (default) or sha2-256.")]
    public string? Hash { get; init; }

    [FromQuery(Name = "class")]
    [Description("Ephemeral, Standard or Critical; default: the strongest that the locations satisfy.")]
    public string? Class { get; init; }

    [FromQuery(Name = "data-class")]
    [Description("Content (default), Metadata, EventStream or Financial.")]
    public string? DataClass { get; init; }

    [FromQuery(Name = "level")]
    [Description("Strong, Quorum, Causal, ReadYourWrites or Eventual; default: the data class decides.")]
    public string? Level { get; init; }

    [FromQuery(Name = "pattern")]
    [Description("WriteOnceReadMany, WriteHeavy or Archival.")]
    public string? Pattern { get; init; }

    [FromQuery(Name = "accept-debt")]
    [Description("true accepts copies owed where the class cannot be satisfied now.")]
    public bool? AcceptDebt { get; init; }

    [FromQuery(Name = "pin")]
    [Description("none stores without any reference; the content goes after its grace unless it is named.")]
    public string? Pin { get; init; }

    [FromQuery(Name = "owner")]
    public string? Owner { get; init; }

    [FromQuery(Name = "namespace")]
    public string? Namespace { get; init; }

    [FromQuery(Name = "name")]
    public string? Name { get; init; }

    public StoreRequest ToRequest(HttpRequest request, Cid? expected) => new()
    {
        Codec = ReadCodec(),
        HashFunction = ReadHash(),
        ExpectedCid = expected ?? RequestReader.OptionalCid(RequestReader.Header(request, WireHeaders.ExpectedCid)),
        LengthBytes = RequestReader.Size(request, WireHeaders.ContentSize) ?? request.ContentLength,
        Class = RequestReader.Choice<DurabilityClass>(Class, "class"),
        DataClass = RequestReader.Choice<DataClass>(DataClass, "data-class") ?? default,
        Level = RequestReader.Choice<ConsistencyLevel>(Level, "level"),
        Pattern = RequestReader.Choice<AccessPattern>(Pattern, "pattern") ?? default,
        AcceptDebt = AcceptDebt ?? false,
        Reference = Pin switch
        {
            null => RequestReader.Reference(Owner, Namespace, Name),
            "none" => null,
            _ => throw RequestReader.Malformed("pin", Pin, "none, or no pin at all,"),
        },
        Identity = RequestReader.Identity(request),
    };

    private ulong ReadCodec()
    {
        if (string.IsNullOrEmpty(Codec))
        {
            return Codecs.Raw;
        }

        return Codecs.TryParse(Codec, out var codec) && Codecs.IsMintable(codec)
            ? codec
            : throw ProblemWriter.Refuse("codec-unknown", $"New content cannot be named with the codec '{Codec}'.");
    }

    private ulong ReadHash() => Hash switch
    {
        null or "" or "blake3" => HashFunctions.Blake3,
        "sha2-256" => HashFunctions.Sha256,
        _ => throw ProblemWriter.Refuse(
            "hash-unsupported", $"New content is named with blake3 or sha2-256, not '{Hash}'."),
    };
}
