using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CimStore.Server.Http;

/// <summary>What part of the content a request asks for.</summary>
internal readonly record struct ByteRange(long Offset, long LengthBytes, bool IsPart)
{
    public static ByteRange Whole(long size) => new(0, size, IsPart: false);

    /// <summary>
    /// A header that cannot be read, another unit, several ranges, or an If-Range that does not hold: the whole
    /// content,
    /// as RFC 9110, section 14.2, allows.
    /// </summary>
    /// <returns>Null when the one range asked for lies outside the content.</returns>
    public static ByteRange? Read(HttpRequest request, string tag, long size)
    {
        if (request.Headers.Range.Count != 1
            || !RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header)
            || header.Unit != "bytes"
            || header.Ranges.Count != 1
            || !Holds(request, tag))
        {
            return Whole(size);
        }

        var range = header.Ranges.First();
        if (range.From is not { } from)
        {
            var suffix = Math.Min(range.To ?? 0, size);
            return suffix == 0 ? null : new ByteRange(size - suffix, suffix, IsPart: true);
        }

        return from >= size
            ? null
            : new ByteRange(from, Math.Min(range.To ?? long.MaxValue - 1, size - 1) - from + 1, IsPart: true);
    }

    /// <summary>If-Range compares strongly; a date never holds, since we send none.</summary>
    private static bool Holds(HttpRequest request, string tag)
    {
        var condition = request.Headers.IfRange;
        return condition.Count == 0
            || (RangeConditionHeaderValue.TryParse(condition.ToString(), out var parsed)
                && parsed.EntityTag is { } given
                && given.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: true));
    }
}
