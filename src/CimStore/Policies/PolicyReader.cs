using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Policies;

/// <summary>
/// Policies out of JSON (UTF-8; comments and trailing commas allowed): an array of policies, or one policy. The form is
/// in docs/policies.md. What is not allowed is refused with its line and with what is; whether the rules make sense
/// <see cref="PolicyCheck"/> says.
/// </summary>
public static class PolicyReader
{
    public const int PoliciesMax = 64;

    internal static readonly string[] PolicyKeys =
        ["name", "version", "frequency", "halfLife", "minimumResidence", "breakEvenWithin", "watermarks", "rules"];

    internal static readonly string[] RuleKeys = ["name", "when", "to"];

    internal static readonly string[] ConditionKeys =
        ["age", "frequency", "size", "tier", "class", "dataClass", "pattern", "pressure"];

    internal static readonly string[] RangeKeys = ["from", "below"];

    internal static readonly string[] FrequencyKeys = ["from", "above", "below", "atMost"];

    internal static readonly string[] WatermarkKeys = ["raised", "high"];

    private const string PolicyForm = "a policy: an object with name and rules";
    private const string RuleForm = "a rule: an object with name, when (or none: always) and to";

    /// <param name="firstLine">The line, 1-based, on which the text begins in the file it is a part of.</param>
    public static PolicyReading Read(ReadOnlySpan<byte> utf8, int firstLine = 1)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        var cursor = new PolicyCursor(utf8.StartsWith(mark) ? utf8[mark.Length..] : utf8, firstLine);
        var policies = new List<MigrationPolicy>();
        try
        {
            cursor.Read();
            ReadPolicies(ref cursor, policies);
            cursor.Read();
        }
        catch (JsonException problem)
        {
            // The message ends with places counted from the start of the text, which is seldom the file's.
            var text = problem.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0];
            cursor.Refuse(firstLine + (int)(problem.LineNumber ?? 0), $"This is no JSON: {text}");
        }

        return new PolicyReading([.. policies], [.. cursor.Errors.OrderBy(error => error.Line)]);
    }

    private static void ReadPolicies(ref PolicyCursor cursor, List<MigrationPolicy> policies)
    {
        if (cursor.Token == JsonTokenType.StartObject)
        {
            ReadPolicy(ref cursor, policies);
        }
        else if (cursor.Enters(JsonTokenType.StartArray, $"an array of at most {PoliciesMax} policies"))
        {
            var count = 0;
            while (cursor.NextElement())
            {
                if (++count == PoliciesMax + 1)
                {
                    cursor.Refuse($"Allowed here are at most {PoliciesMax} policies.");
                }

                ReadPolicy(ref cursor, policies);
            }
        }
    }

    /// <summary>A policy with an error is left out: half a policy is another policy.</summary>
    private static void ReadPolicy(ref PolicyCursor cursor, List<MigrationPolicy> policies)
    {
        if (!cursor.Enters(JsonTokenType.StartObject, PolicyForm))
        {
            return;
        }

        var errors = cursor.Errors.Count;
        var policy = new MigrationPolicy { Name = "", Rules = [], Line = cursor.Line };
        var seen = new HashSet<string>();
        while (cursor.NextKey(PolicyKeys, seen, out var key))
        {
            policy = ReadPolicyKey(ref cursor, policy, key);
        }

        Require(ref cursor, policy.Line, seen, "name", PolicyForm);
        Require(ref cursor, policy.Line, seen, "rules", PolicyForm);
        if (policies.Any(other => other.Name == policy.Name))
        {
            cursor.Refuse(policy.Line, $"There is already a policy named \"{policy.Name}\"; a name is allowed once.");
        }

        if (cursor.Errors.Count == errors && policies.Count < PoliciesMax)
        {
            policies.Add(policy);
        }
    }

    private static MigrationPolicy ReadPolicyKey(
        ref PolicyCursor cursor, MigrationPolicy policy, string key) => key switch
    {
        "name" => policy with { Name = Name(ref cursor) },
        "version" => policy with { Version = (int)Version(ref cursor) },
        "frequency" => policy with { Frequency = Enumerated<FrequencyMeasure>(ref cursor) ?? default },
        "halfLife" => policy with { HalfLife = Duration(ref cursor) ?? default },
        "minimumResidence" => policy with { MinimumResidence = Duration(ref cursor) ?? default },
        "breakEvenWithin" => policy with { BreakEvenWithin = Duration(ref cursor) },
        "watermarks" => policy with { Watermarks = ReadWatermarks(ref cursor) },
        _ => policy with { Rules = ReadRules(ref cursor) },
    };

    private static ImmutableArray<MigrationRule> ReadRules(ref PolicyCursor cursor)
    {
        var rules = new List<MigrationRule>();
        if (cursor.Enters(JsonTokenType.StartArray, $"an array of 1 to {MigrationPolicy.RulesMax} rules"))
        {
            var line = cursor.Line;
            var count = 0;
            while (cursor.NextElement())
            {
                count++;
                ReadRule(ref cursor, rules);
            }

            if (count is 0 or > MigrationPolicy.RulesMax)
            {
                cursor.Refuse(line, $"Allowed here are 1 to {MigrationPolicy.RulesMax} rules, not {count}.");
            }
        }

        return [.. rules];
    }

    private static void ReadRule(ref PolicyCursor cursor, List<MigrationRule> rules)
    {
        if (!cursor.Enters(JsonTokenType.StartObject, RuleForm))
        {
            return;
        }

        var line = cursor.Line;
        var name = "";
        var target = StorageTier.Hot;
        var rule = new MigrationRule { Name = name, Target = target };
        var seen = new HashSet<string>();
        while (cursor.NextKey(RuleKeys, seen, out var key))
        {
            switch (key)
            {
                case "name":
                    name = Name(ref cursor);
                    break;
                case "to":
                    target = Enumerated<StorageTier>(ref cursor) ?? default;
                    break;
                default:
                    rule = ReadConditions(ref cursor, rule);
                    break;
            }
        }

        Require(ref cursor, line, seen, "name", RuleForm);
        Require(ref cursor, line, seen, "to", RuleForm);
        if (rules.Any(other => other.Name == name))
        {
            cursor.Refuse(line, $"There is already a rule named \"{name}\"; a name is allowed once in a policy.");
        }

        rules.Add(rule with { Name = name, Target = target, Line = line });
    }

    private static MigrationRule ReadConditions(ref PolicyCursor cursor, MigrationRule rule)
    {
        if (!cursor.Enters(JsonTokenType.StartObject, $"an object of conditions: {string.Join(", ", ConditionKeys)}"))
        {
            return rule;
        }

        var seen = new HashSet<string>();
        while (cursor.NextKey(ConditionKeys, seen, out var key))
        {
            rule = key switch
            {
                "age" => rule with { Age = ReadAge(ref cursor) },
                "frequency" => rule with { Frequency = ReadFrequency(ref cursor) },
                "size" => rule with { Size = ReadSize(ref cursor) },
                "tier" => rule with { Tiers = Set<StorageTier>(ref cursor) },
                "class" => rule with { Classes = Set<DurabilityClass>(ref cursor) },
                "dataClass" => rule with { DataClasses = Set<DataClass>(ref cursor) },
                "pattern" => rule with { Patterns = Set<AccessPattern>(ref cursor) },
                _ => rule with { Pressure = cursor.Parsed("raised or high", Pressure) ?? default },
            };
        }

        return rule;
    }

    private static AgeRange ReadAge(ref PolicyCursor cursor)
    {
        var range = default(AgeRange);
        if (EntersRange(ref cursor, RangeKeys))
        {
            var seen = new HashSet<string>();
            while (cursor.NextKey(RangeKeys, seen, out var key))
            {
                var end = Duration(ref cursor);
                range = key == "from" ? range with { From = end ?? default } : range with { Below = end };
            }

            RequireAny(ref cursor, seen, RangeKeys);
        }

        return range;
    }

    private static SizeRange ReadSize(ref PolicyCursor cursor)
    {
        var range = default(SizeRange);
        if (EntersRange(ref cursor, RangeKeys))
        {
            var seen = new HashSet<string>();
            while (cursor.NextKey(RangeKeys, seen, out var key))
            {
                var end = cursor.Token == JsonTokenType.Number
                    ? cursor.Whole(PolicyUnits.SizeForm)
                    : cursor.Parsed(PolicyUnits.SizeForm, PolicyUnits.Size);
                range = key == "from" ? range with { FromBytes = end ?? 0 } : range with { BelowBytes = end };
            }

            RequireAny(ref cursor, seen, RangeKeys);
        }

        return range;
    }

    private static FrequencyRange ReadFrequency(ref PolicyCursor cursor)
    {
        var range = FrequencyRange.From(0);
        if (EntersRange(ref cursor, FrequencyKeys))
        {
            var line = cursor.Line;
            var seen = new HashSet<string>();
            while (cursor.NextKey(FrequencyKeys, seen, out var key))
            {
                var end = cursor.Parsed(PolicyUnits.RateForm, PolicyUnits.Rate) ?? 0;
                range = key switch
                {
                    "from" or "above" => range with { LowPerDay = end, IncludesLow = key == "from" },
                    _ => range with { HighPerDay = end, IncludesHigh = key == "atMost" },
                };
            }

            if (seen.IsSupersetOf(["from", "above"]) || seen.IsSupersetOf(["below", "atMost"]))
            {
                cursor.Refuse(line, "Allowed are one of from and above, and one of below and atMost.");
            }

            RequireAny(ref cursor, seen, FrequencyKeys);
        }

        return range;
    }

    private static Watermarks? ReadWatermarks(ref PolicyCursor cursor)
    {
        if (!cursor.Enters(JsonTokenType.StartObject, "an object with raised and high"))
        {
            return null;
        }

        var line = cursor.Line;
        var marks = default(Watermarks);
        var seen = new HashSet<string>();
        while (cursor.NextKey(WatermarkKeys, seen, out var key))
        {
            var share = cursor.Parsed(PolicyUnits.ShareForm, PolicyUnits.Share) ?? 0;
            marks = key == "raised" ? marks with { RaisedShare = share } : marks with { HighShare = share };
        }

        Require(ref cursor, line, seen, "raised", "both raised and high");
        Require(ref cursor, line, seen, "high", "both raised and high");
        return marks;
    }

    private static ImmutableArray<T> Set<T>(ref PolicyCursor cursor)
        where T : struct, Enum
    {
        if (cursor.Token == JsonTokenType.String)
        {
            return Enumerated<T>(ref cursor) is { } only ? [only] : [];
        }

        var set = new SortedSet<T>();
        var form = $"one or an array of {PolicyNames<T>.Allowed}";
        if (cursor.Enters(JsonTokenType.StartArray, form))
        {
            var line = cursor.Line;
            var count = 0;
            while (cursor.NextElement())
            {
                count++;
                if (Enumerated<T>(ref cursor) is { } value)
                {
                    set.Add(value);
                }
            }

            if (count == 0)
            {
                cursor.Refuse(line, $"An empty array matches nothing. Allowed here is {form}.");
            }
        }

        return [.. set];
    }

    private static T? Enumerated<T>(ref PolicyCursor cursor)
        where T : struct, Enum =>
        cursor.Parsed($"one of {PolicyNames<T>.Allowed}", PolicyNames<T>.Find);

    private static TierPressure? Pressure(string name) =>
        PolicyNames<TierPressure>.Find(name) is not TierPressure.None and var pressure ? pressure : null;

    private static TimeSpan? Duration(ref PolicyCursor cursor) =>
        cursor.Parsed(PolicyUnits.DurationForm, PolicyUnits.Duration);

    private static string Name(ref PolicyCursor cursor)
    {
        var form = $"a name of 1 to {Label.LengthMax} characters without control characters";
        if (cursor.Text(form) is not { } name)
        {
            return "";
        }

        if (!Label.IsValid(name))
        {
            cursor.Refuse($"Allowed here is {form}.");
        }

        return name;
    }

    private static long Version(ref PolicyCursor cursor)
    {
        const string Form = "a whole number from 1 to 2147483647";
        var version = cursor.Whole(Form) ?? 1;
        if (version is < 1 or > int.MaxValue)
        {
            cursor.Refuse($"Allowed here is {Form}.");
        }

        return version;
    }

    private static bool EntersRange(ref PolicyCursor cursor, string[] keys) =>
        cursor.Enters(JsonTokenType.StartObject, $"an object with {string.Join(" or ", keys)}");

    private static void RequireAny(ref PolicyCursor cursor, HashSet<string> seen, string[] keys)
    {
        if (seen.Count == 0)
        {
            cursor.Refuse($"A range needs an end. Allowed here is an object with {string.Join(" or ", keys)}.");
        }
    }

    private static void Require(ref PolicyCursor cursor, int line, HashSet<string> seen, string key, string form)
    {
        if (!seen.Contains(key))
        {
            cursor.Refuse(line, $"The key \"{key}\" is missing. Required is {form}.");
        }
    }
}
