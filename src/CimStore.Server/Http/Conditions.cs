using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CimStore.Server.Http;

/// <summary>If-Match and If-None-Match of RFC 9110, section 13.</summary>
internal static class Conditions
{
    /// <returns>304, 412, or 200 when the request is to be done.</returns>
    public static int Evaluate(HttpRequest request, string tag)
    {
        var current = EntityTagHeaderValue.Parse(tag);
        if (request.Headers.IfMatch.Count > 0 && !Matches(Tags(request.Headers.IfMatch), current, strongly: true))
        {
            return StatusCodes.Status412PreconditionFailed;
        }

        return request.Headers.IfNoneMatch.Count > 0
            && Matches(Tags(request.Headers.IfNoneMatch), current, strongly: false)
            ? StatusCodes.Status304NotModified
            : StatusCodes.Status200OK;
    }

    public static IList<EntityTagHeaderValue> Tags(Microsoft.Extensions.Primitives.StringValues header) =>
        EntityTagHeaderValue.TryParseList([.. header.OfType<string>()], out var tags) ? tags : [];

    private static bool Matches(IEnumerable<EntityTagHeaderValue> tags, EntityTagHeaderValue current, bool strongly) =>
        tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, strongly));
}
