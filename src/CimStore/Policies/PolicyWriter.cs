using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CimStore.Locations;

namespace CimStore.Policies;

/// <summary>
/// A policy as the JSON that <see cref="PolicyReader"/> reads: every option is spelled out, one text for one policy, so
/// that two policies are equal when their texts are.
/// </summary>
public static class PolicyWriter
{
    public static string Write(MigrationPolicy policy)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // The text is read by people and by our own reader, never put into HTML: "7d" stays as it is, and so does é.
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            Write(json, policy);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, MigrationPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("name", policy.Name);
        json.WriteNumber("version", policy.Version);
        json.WriteString("frequency", PolicyNames<FrequencyMeasure>.Of(policy.Frequency));
        json.WriteString("halfLife", PolicyUnits.Text(policy.HalfLife));
        json.WriteString("minimumResidence", PolicyUnits.Text(policy.MinimumResidence));
        if (policy.BreakEvenWithin is { } within)
        {
            json.WriteString("breakEvenWithin", PolicyUnits.Text(within));
        }

        if (policy.Watermarks is { } marks)
        {
            json.WriteStartObject("watermarks");
            json.WriteString("raised", PolicyUnits.ShareText(marks.RaisedShare));
            json.WriteString("high", PolicyUnits.ShareText(marks.HighShare));
            json.WriteEndObject();
        }

        json.WriteStartArray("rules");
        foreach (var rule in policy.Rules)
        {
            Write(json, rule);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MigrationRule rule)
    {
        json.WriteStartObject();
        json.WriteString("name", rule.Name);
        json.WriteStartObject("when");
        WriteRange(json, "age", rule.Age is { } age
            ? [("from", age.From == TimeSpan.Zero ? null : PolicyUnits.Text(age.From)),
                ("below", age.Below is { } below ? PolicyUnits.Text(below) : null)]
            : null);
        WriteRange(json, "frequency", rule.Frequency is { } frequency ? Ends(frequency) : null);
        WriteRange(json, "size", rule.Size is { } size
            ? [("from", size.FromBytes == 0 ? null : PolicyUnits.SizeText(size.FromBytes)),
                ("below", size.BelowBytes is { } end ? PolicyUnits.SizeText(end) : null)]
            : null);
        WriteSet(json, "tier", rule.Tiers);
        WriteSet(json, "class", rule.Classes);
        WriteSet(json, "dataClass", rule.DataClasses);
        WriteSet(json, "pattern", rule.Patterns);
        if (rule.Pressure != TierPressure.None)
        {
            json.WriteString("pressure", PolicyNames<TierPressure>.Of(rule.Pressure));
        }

        json.WriteEndObject();
        json.WriteString("to", PolicyNames<StorageTier>.Of(rule.Target));
        json.WriteEndObject();
    }

    private static (string, string?)[] Ends(FrequencyRange range)
    {
        var low = range is { LowPerDay: 0, IncludesLow: true } ? null : PolicyUnits.RateText(range.LowPerDay);
        var high = double.IsPositiveInfinity(range.HighPerDay) ? null : PolicyUnits.RateText(range.HighPerDay);
        return [(range.IncludesLow ? "from" : "above", low), (range.IncludesHigh ? "atMost" : "below", high)];
    }

    /// <summary>A range that takes everything is no condition, and is written as none.</summary>
    private static void WriteRange(Utf8JsonWriter json, string key, (string Key, string? Text)[]? ends)
    {
        if (ends is null || ends.All(end => end.Text is null))
        {
            return;
        }

        json.WriteStartObject(key);
        foreach (var (name, text) in ends)
        {
            if (text is not null)
            {
                json.WriteString(name, text);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteSet<T>(Utf8JsonWriter json, string key, ImmutableArray<T> set)
        where T : struct, Enum
    {
        if (set.IsEmpty)
        {
            return;
        }

        json.WriteStartArray(key);
        foreach (var value in set.Distinct().Order())
        {
            json.WriteStringValue(PolicyNames<T>.Of(value));
        }

        json.WriteEndArray();
    }
}
