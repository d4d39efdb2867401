using System.Globalization;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>Paths, queries and headers that the client sends and the node reads.</summary>
internal static class Routes
{
    public const string Api = "/api/v1";

    public static string Content(Cid cid) => $"{Api}/content/{cid}";

    public static string DeadLetter(string id) => $"{Api}/dead-letters/{Uri.EscapeDataString(id)}";

    public static string Job(MessageId id) => $"{Api}/jobs/{id}";

    public static string Location(LocationId location) => $"{Api}/locations/{Uri.EscapeDataString(location.Name)}";

    public static string Object(Cid cid) => $"{Api}/objects/{cid}";

    /// <exception cref="RefusedException">The name cannot stand in a path.</exception>
    public static string Name(NamespaceId space, string name)
    {
        RefuseDots(space.Name);
        RefuseDots(name);
        return $"{Api}/names/{Uri.EscapeDataString(space.Name)}/{Uri.EscapeDataString(name)}";
    }

    public static string Names(NamespaceId space)
    {
        RefuseDots(space.Name);
        return $"{Api}/names/{Uri.EscapeDataString(space.Name)}";
    }

    /// <summary>Everything of a Store but its content, expected CID and identity.</summary>
    public static string StoreQuery(StoreRequest request)
    {
        var query = new QueryText();
        query.Add("codec", request.Codec == Codecs.Raw ? null : Codecs.Name(request.Codec));
        query.Add("hash", request.HashFunction == HashFunctions.Blake3 ? null
            : HashFunctions.Name(request.HashFunction));
        query.Add("class", request.Class?.ToString());
        query.Add("data-class", request.DataClass == DataClass.Content ? null : request.DataClass.ToString());
        query.Add("level", request.Level?.ToString());
        query.Add("pattern", request.Pattern == AccessPattern.Unspecified ? null : request.Pattern.ToString());
        query.Add("accept-debt", request.AcceptDebt ? "true" : null);
        if (request.Reference is not { } reference)
        {
            query.Add("pin", "none");
            return query.ToString();
        }

        AddReference(query, reference);
        return query.ToString();
    }

    public static void AddReference(QueryText query, Reference reference)
    {
        query.Add("owner", reference.Owner == OwnerId.Local ? null : reference.Owner.Name);
        query.Add("namespace", reference.Namespace == NamespaceId.Default ? null : reference.Namespace.Name);
        query.Add("name", reference.Name);
    }

    public static void AddIdentity(HttpRequestMessage request, CommandIdentity identity)
    {
        AddHeader(request, WireHeaders.MessageId, identity.MessageId?.ToString());
        AddHeader(request, WireHeaders.CorrelationId, identity.CorrelationId?.ToString());
        AddHeader(request, WireHeaders.CausationId, identity.CausationId?.ToString());

        // A header is ASCII; an actor is a person's or a service's name in any script.
        AddHeader(request, WireHeaders.Actor, identity.Actor is { } actor ? Uri.EscapeDataString(actor) : null);
    }

    public static void AddHeader(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Every URI library removes dot segments, escaped or not, so such a name would reach another resource.
    /// </summary>
    private static void RefuseDots(string segment)
    {
        if (segment is "." or "..")
        {
            throw new RefusedException(new Refusal(
                "malformed-parameter", $"'{segment}' cannot be named over HTTP: it means a folder in every URI."));
        }
    }
}
