using System.Globalization;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// An access trace out of CSV: a header with the columns time, cid, size and op in any order, then one access a line,
/// in the order of their times. It is read as it is enumerated, one line at a time, and can be enumerated once.
/// </summary>
public static class TraceReader
{
    private const string TimeForm = "an RFC 3339 time such as 2026-01-31T12:00:00Z, with at most 7 digits of fraction";

    private static readonly string[] Columns = ["time", "cid", "size", "op"];

    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <exception cref="TraceFormatException">While enumerating: a line is wrong.</exception>
    public static IEnumerable<TraceRecord> Read(TextReader text)
    {
        var columns = ReadHeader(text.ReadLine());
        var last = DateTimeOffset.MinValue;
        for (var line = 2; text.ReadLine() is { } row; line++)
        {
            if (string.IsNullOrWhiteSpace(row))
            {
                continue;
            }

            var record = ReadRow(row, line, columns);
            if (record.At < last)
            {
                throw new TraceFormatException(line, string.Create(CultureInfo.InvariantCulture,
                    $"{record.At:O} is before {last:O} of an earlier line; times must not go back."));
            }

            last = record.At;
            yield return record;
        }
    }

    /// <returns>Where each of <see cref="Columns"/> stands in a row.</returns>
    private static int[] ReadHeader(string? header)
    {
        var names = (header ?? "").Split(',').Select(Unquoted).ToArray();
        var places = Columns.Select(column => Array.IndexOf(names, column)).ToArray();
        return names.Length == Columns.Length && !places.Contains(-1)
            ? places
            : throw new TraceFormatException(1, "the header must name the columns time, cid, size and op, each once.");
    }

    private static TraceRecord ReadRow(string row, int line, int[] columns)
    {
        var fields = row.Split(',');
        if (fields.Length != Columns.Length)
        {
            throw new TraceFormatException(line, $"there are {fields.Length} fields; required are {Columns.Length}.");
        }

        var time = Unquoted(fields[columns[0]]);
        var cid = Unquoted(fields[columns[1]]);
        var size = Unquoted(fields[columns[2]]);
        var operation = Operation(Unquoted(fields[columns[3]]), line);
        if (Time(time) is not { } at)
        {
            throw new TraceFormatException(line, $"\"{time}\" is not {TimeForm}.");
        }

        if (!Label.IsValid(cid))
        {
            throw new TraceFormatException(line, "cid must have 1..255 characters and no control characters.");
        }

        return new TraceRecord(at, cid, Size(size, operation, line), operation);
    }

    private static TraceOperation Operation(string text, int line) => text switch
    {
        "put" => TraceOperation.Put,
        "get" => TraceOperation.Get,
        "delete" => TraceOperation.Delete,
        _ => throw new TraceFormatException(line, $"\"{text}\" is no op; allowed are put, get and delete."),
    };

    private static long Size(string text, TraceOperation operation, int line)
    {
        if (text.Length == 0 && operation != TraceOperation.Put)
        {
            return 0;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new TraceFormatException(line, $"\"{text}\" is no size; allowed is a whole number of bytes.");
    }

    private static DateTimeOffset? Time(string text)
    {
        var offset = text.EndsWith('Z') || text.EndsWith('z') ? $"{text[..^1]}+00:00" : text;
        return DateTimeOffset.TryParseExact(
            offset.Replace('t', 'T'), TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? at.ToUniversalTime()
            : null;
    }

    /// <summary>Spreadsheets put quotes about fields; none of ours can hold a comma or a quote.</summary>
    private static string Unquoted(string field)
    {
        var text = field.Trim();
        return text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;
    }
}
