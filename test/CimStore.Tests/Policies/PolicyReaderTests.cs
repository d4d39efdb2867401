using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed partial class PolicyReaderTests
{
    [Fact]
    public void The_document_holds_the_built_in_policies_as_they_are()
    {
        var blocks = Block().Matches(File.ReadAllText(Document("policies.md")))
            .Select(match => Read(match.Groups[1].Value)).ToList();

        Assert.All(blocks, reading => Assert.Empty(reading.Errors));
        Assert.All(blocks.SelectMany(reading => reading.Policies), policy =>
            Assert.Empty(PolicyCheck.Check(policy, MigrationGen.AllTiers)));
        Assert.Equal(
            MigrationPolicies.BuiltIn.Select(PolicyWriter.Write),
            blocks.Single(reading => reading.Policies.Length > 1).Policies.Select(PolicyWriter.Write));
    }

    [Fact]
    public void The_schema_knows_the_same_keys_and_names()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Document("schemas/policies.schema.json")));
        var definitions = schema.RootElement.GetProperty("definitions");
        var conditions = definitions.GetProperty("conditions").GetProperty("properties");
        string[] Keys(JsonElement of) => [.. of.GetProperty("properties").EnumerateObject().Select(key => key.Name)];
        string Names(JsonElement of) =>
            string.Join(", ", of.GetProperty("enum").EnumerateArray().Select(name => name.GetString()));

        Assert.Equal(PolicyReader.PolicyKeys, Keys(definitions.GetProperty("policy")));
        Assert.Equal(PolicyReader.RuleKeys, Keys(definitions.GetProperty("rule")));
        Assert.Equal(PolicyReader.ConditionKeys, Keys(definitions.GetProperty("conditions")));
        Assert.Equal(PolicyReader.RangeKeys, Keys(conditions.GetProperty("age")));
        Assert.Equal(PolicyReader.RangeKeys, Keys(conditions.GetProperty("size")));
        Assert.Equal(PolicyReader.FrequencyKeys, Keys(conditions.GetProperty("frequency")));
        Assert.Equal(
            PolicyNames<StorageTier>.Allowed, Names(conditions.GetProperty("tier").GetProperty("oneOf")[0]));
        Assert.Equal(
            PolicyNames<AccessPattern>.Allowed,
            Names(conditions.GetProperty("pattern").GetProperty("oneOf")[0]));
    }

    [Fact]
    public void What_is_written_is_read_as_the_same_policy() =>
        MigrationGen.Policies.Sample(policy =>
        {
            var text = PolicyWriter.Write(policy);

            var reading = Read(text);

            Assert.Empty(reading.Errors);
            Assert.Equal(text, PolicyWriter.Write(Assert.Single(reading.Policies)));
        });

    [Fact]
    public void Each_rule_knows_its_line_in_the_file_it_is_part_of()
    {
        const string Text = """
            // a comment is a line too
            [ { "name": "a",

                "rules": [
                  { "name": "one", "to": "hot" },
                  /* and so
                     are these */ { "name": "two",
                    "to": "cold" }, ] },
            ]
            """;

        var policy = Assert.Single(PolicyReader.Read(Encoding.UTF8.GetBytes(Text), firstLine: 100).Policies);

        Assert.Equal(101, policy.Line);
        Assert.Equal([104, 106], policy.Rules.Select(rule => rule.Line));
    }

    [Theory]
    [InlineData("'colour': 1", "\"colour\" is not known. Allowed here: name, version, frequency")]
    [InlineData("'version': 0", "a whole number from 1")]
    [InlineData("'version': '2'", "a whole number from 1")]
    [InlineData("'version': 1, 'version': 2", "\"version\" comes twice")]
    [InlineData("'frequency': 'daily'", "\"daily\" is not one of lifetime, decayed")]
    [InlineData("'halfLife': '7 days'", "\"7 days\" is not a whole number of s, m, h or d")]
    [InlineData("'halfLife': 7", "Allowed here is a whole number of s, m, h or d")]
    [InlineData("'halfLife': '36501d'", "at most 36500d")]
    [InlineData("'halfLife': '99999999999999999999s'", "at most 36500d")]
    [InlineData("'watermarks': { 'raised': '80%' }", "\"high\" is missing")]
    [InlineData("'watermarks': { 'raised': '80', 'high': '90%' }", "\"80\" is not per cent")]
    [InlineData("'watermarks': 0.8", "an object with raised and high")]
    public void What_is_wrong_with_a_policy_is_told_with_its_line_and_what_is_allowed(string key, string expected) =>
        AssertRefused($$"""
            [{ "name": "a",
               {{key.Replace('\'', '"')}},
               "rules": [{ "name": "all", "to": "hot" }] }]
            """, 2, expected);

    [Theory]
    [InlineData("'to': 'tepid'", "\"tepid\" is not one of hot, warm, cold, archive")]
    [InlineData("'to': 'Hot'", "\"Hot\" is not one of hot, warm, cold, archive")]
    [InlineData("'to': 'hot', 'location': 's3'", "\"location\" is not known. Allowed here: name, when, to")]
    [InlineData("'to': 'hot', 'when': []", "an object of conditions: age, frequency")]
    [InlineData("'to': 'hot', 'when': { 'label': 'rack' }", "\"label\" is not known. Allowed here: age,")]
    [InlineData("'to': 'hot', 'when': { 'age': { 'from': '1w' } }", "\"1w\" is not a whole number of s,")]
    [InlineData("'to': 'hot', 'when': { 'age': {} }", "A range needs an end")]
    [InlineData("'to': 'hot', 'when': { 'age': { 'above': '1d' } }", "Allowed here: from, below")]
    [InlineData("'to': 'hot', 'when': { 'size': { 'from': '1 MB' } }", "\"1 MB\" is not a whole number of bytes")]
    [InlineData("'to': 'hot', 'when': { 'size': { 'from': -1 } }", "a whole number of bytes")]
    [InlineData("'to': 'hot', 'when': { 'size': { 'from': '9999999TB' } }", "is not a whole number of bytes")]
    [InlineData("'to': 'hot', 'when': { 'frequency': { 'from': '1/year' } }", "\"1/year\" is not a number /")]
    [InlineData("'to': 'hot', 'when': { 'frequency': { 'from': '-1/day' } }", "\"-1/day\" is not a number /")]
    [InlineData("'to': 'hot', 'when': { 'frequency': { 'from': '1/day', 'above': '1/day' } }", "one of from and")]
    [InlineData("'to': 'hot', 'when': { 'tier': [] }", "An empty array matches nothing")]
    [InlineData("'to': 'hot', 'when': { 'tier': ['hot', 1] }", "one of hot, warm, cold, archive")]
    [InlineData("'to': 'hot', 'when': { 'class': 'best' }", "one of ephemeral, standard, critical")]
    [InlineData("'to': 'hot', 'when': { 'pressure': 'none' }", "\"none\" is not raised or high")]
    [InlineData("'when': {}", "\"to\" is missing")]
    public void What_is_wrong_with_a_rule_is_told_with_its_line_and_what_is_allowed(string keys, string expected) =>
        AssertRefused($$"""
            { "name": "a", "rules": [
              { "name": "one", {{keys.Replace('\'', '"')}} },
              { "name": "all", "to": "hot" } ] }
            """, 2, expected);

    [Theory]
    [InlineData("{ \"name\": \"a\",\n \"rules\": [", 2, "This is no JSON")]
    [InlineData("", 1, "This is no JSON")]
    [InlineData("[\n1]", 2, "a policy: an object with name and rules")]
    [InlineData("\"adaptive\"", 1, "an array of at most 64 policies")]
    [InlineData("{ \"name\": \"\",\n \"rules\": [{ \"name\": \"r\", \"to\": \"hot\" }] }", 1, "1 to 255 characters")]
    [InlineData("{ \"name\": \"a\",\n \"rules\": [] }", 2, "1 to 64 rules, not 0")]
    [InlineData("{ \"name\": \"\\ud800\" }", 1, "no UTF-8, or half of a surrogate pair")]
    [InlineData("{ \"name\": \"a\" }", 1, "\"rules\" is missing")]
    public void Text_that_is_no_list_of_policies_is_refused(string text, int line, string expected) =>
        AssertRefused(text, line, expected);

    [Fact]
    public void A_byte_order_mark_is_passed_over() =>
        Assert.Single(Read("\uFEFF" + PolicyWriter.Write(MigrationPolicies.SeedV1)).Policies);

    [Fact]
    public void A_name_is_given_once() => AssertRefused("""
        { "name": "a", "rules": [ { "name": "r", "to": "hot" },
            { "name": "r", "to": "cold" } ] }
        """, 2, "already a rule named \"r\"");

    [Fact]
    public void All_that_is_wrong_is_told_at_once_and_sound_policies_are_read()
    {
        var reading = Read("""
            [ { "name": "bad", "halfLife": "?", "rules": [ { "to": "?" } ] },
              { "name": "good", "rules": [ { "name": "all", "to": "cold" } ] },
              { "name": "good", "rules": [ { "name": "all", "to": "hot" } ] } ]
            """);

        Assert.Equal([1, 1, 1, 3], reading.Errors.Select(error => error.Line));
        Assert.Equal(["good"], reading.Policies.Select(policy => policy.Name));
    }

    [Fact]
    public void Bytes_of_any_kind_are_an_error_and_no_crash() =>
        Gen.Select(
            Gen.Int[0, 300], Gen.Int[0, 300],
            Gen.OneOf(Gen.Byte, Gen.Int[0, 9].Select(index => (byte)"{}[]\":,0a/"[index])))
        .Array[1, 4].Sample(edits =>
        {
            var text = Encoding.UTF8.GetBytes(PolicyWriter.Write(MigrationPolicies.Adaptive));
            foreach (var (position, length, value) in edits)
            {
                var rest = text.AsSpan(position * 7 % text.Length);
                rest[..Math.Min(length % 3, rest.Length)].Fill(value);
            }

            var reading = PolicyReader.Read(text, 1);

            Assert.True(reading.Errors.Length > 0 || reading.Policies.Length == 1);
        });

    private static void AssertRefused(string text, int line, string expected)
    {
        var reading = Read(text);

        Assert.Empty(reading.Policies);
        var error = reading.Errors[0];
        Assert.Equal(PolicySeverity.Error, error.Severity);
        Assert.Contains(expected, error.Text, StringComparison.Ordinal);
        Assert.Equal(line, error.Line);
    }

    private static PolicyReading Read(string text) => PolicyReader.Read(Encoding.UTF8.GetBytes(text), 1);

    private static string Document(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent!;
        }

        return Path.Combine(folder.FullName, "docs", name);
    }

    [GeneratedRegex("^```jsonc\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
