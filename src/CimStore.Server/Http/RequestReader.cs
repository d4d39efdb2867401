using System.Globalization;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CimStore.Server.Http;

/// <summary>
/// Reads values of the domain out of paths, queries and headers; what cannot be read is refused with its reason.
/// </summary>
internal static class RequestReader
{
    public static Cid Cid(string text) =>
        Content.Cid.TryParse(text.AsSpan(), out var cid, out var reason)
            ? cid
            : throw ProblemWriter.Refuse("malformed-cid", $"'{Shorten(text)}' is not a CID: {reason}");

    public static Cid? OptionalCid(string? text) => string.IsNullOrEmpty(text) ? null : Cid(text);

    public static CommandIdentity Identity(HttpRequest request) => new(
        Message(request, WireHeaders.MessageId),
        Message(request, WireHeaders.CorrelationId),
        Message(request, WireHeaders.CausationId),
        Header(request, WireHeaders.Actor) is { } actor ? Uri.UnescapeDataString(actor) : null);

    public static RetrieveRequest Retrieve(HttpRequest request) =>
        new(LsnOf(Header(request, WireHeaders.AtLeast), WireHeaders.AtLeast), Identity(request));

    public static Lsn LsnOf(string? text, string what)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Lsn.None;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new Lsn(value)
            : throw Malformed(what, text, "a decimal number");
    }

    public static Reference Reference(string? owner, string? space, string? name) =>
        new(Owner(owner), Space(space), name);

    public static OwnerId Owner(string? owner) =>
        owner is null ? OwnerId.Local : Label(() => new OwnerId(owner));

    public static NamespaceId Space(string? space) =>
        space is null ? NamespaceId.Default : Label(() => new NamespaceId(space));

    public static LocationId Location(string location) => Label(() => new LocationId(location));

    public static T? Choice<T>(string? text, string what)
        where T : struct, Enum
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        // By name alone: the parser of .NET also takes numbers, and several names at once.
        return Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
            is { } known
            ? Enum.Parse<T>(known)
            : throw Malformed(what, text, "one of " + string.Join(", ", Enum.GetNames<T>()));
    }

    public static int Count(int? value, int max, string what) =>
        (value ?? max) is var count && count >= 1 && count <= max
            ? count
            : throw Malformed(what, count.ToString(CultureInfo.InvariantCulture), $"1..{max}");

    public static long? Size(HttpRequest request, string header)
    {
        if (Header(request, header) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw Malformed(header, text, "a decimal number of bytes");
    }

    public static string? Header(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] : null;

    /// <summary>
    /// The path's segments as they were sent. Routing leaves <c>%2F</c> escaped beside text that was unescaped, so a
    /// name
    /// with a slash could not be told from one with the letters <c>%2F</c>.
    /// </summary>
    public static string Segment(HttpContext context, int index)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = raw.AsSpan();
        var end = path.IndexOfAny('?', '#');
        path = end < 0 ? path : path[..end];
        var position = 0;
        foreach (var range in path.Split('/'))
        {
            if (position++ == index + 1)
            {
                return Uri.UnescapeDataString(path[range]);
            }
        }

        throw ProblemWriter.Refuse("malformed-request", "The path is too short.");
    }

    public static RefusedException Malformed(string what, string text, string wanted) =>
        ProblemWriter.Refuse("malformed-parameter", $"{what} '{Shorten(text)}' cannot be read: {wanted} is needed.");

    private static MessageId? Message(HttpRequest request, string header)
    {
        if (Header(request, header) is not { } text)
        {
            return null;
        }

        return Guid.TryParseExact(text, "D", out var id)
            ? new MessageId(id)
            : throw Malformed(header, text, "a UUID");
    }

    private static T Label<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException invalid)
        {
            throw ProblemWriter.Refuse("malformed-parameter", invalid.Message);
        }
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "...";
}
