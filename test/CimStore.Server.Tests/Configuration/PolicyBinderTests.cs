using CimStore.Policies;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

/// <summary>The policies of a configuration file, and the one in force.</summary>
public sealed class PolicyBinderTests
{
    private const string Rules = """ "rules": [{ "name": "all", "to": "warm" }] """;

    [Fact]
    public void Without_a_word_about_policies_the_adaptive_one_is_in_force()
    {
        var node = Configured.Read("{}");

        Assert.Same(MigrationPolicies.Adaptive, node.Tiers.PolicyInForce);
        Assert.Equal(MigrationPolicies.BuiltIn, node.Tiers.AllPolicies);
        Assert.Empty(node.Warnings);
    }

    [Fact]
    public void The_policy_that_is_named_is_in_force()
    {
        var own = Configured.Read($$"""{ "policy": "mine", "policies": [{ "name": "mine", {{Rules}} }] }""");
        var builtIn = Configured.Read("""{ "policy": "seed-v1" }""");

        Assert.Equal("mine", own.Tiers.PolicyInForce.Name);
        Assert.Equal(["seed-v1", "adaptive", "mine"], own.Tiers.AllPolicies.Select(policy => policy.Name));
        Assert.Same(MigrationPolicies.SeedV1, builtIn.Tiers.PolicyInForce);
    }

    [Fact]
    public void A_policy_that_is_not_there_is_an_error_with_what_was_meant() => Assert.Equal(
        ["1:13: $.policy: There is no policy \"adpative\". Allowed: seed-v1, adaptive. Did you mean \"adaptive\"?"],
        Configured.Errors("""{ "policy": "adpative" }"""));

    [Fact]
    public void Errors_have_their_place_in_the_file()
    {
        var errors = Configured.Errors(
            $$"""
            {
              "policy": "mine",
              "policies": [
                { "name": "mine",
                  "rules": [
                    { "name": "all", "to": "tepid" },
                  ],
                },
                { "name": "holes", "rules": [{ "name": "young", "when": { "age": { "below": "7d" } }, "to": "hot" }] },
                { "name": "adaptive", {{Rules}} },
              ],
            }
            """);

        Assert.Equal(3, errors.Length);
        Assert.StartsWith(
            "6:9: $.policies[0].rules[0]: \"tepid\" is not one of hot,", errors[0], StringComparison.Ordinal);
        Assert.StartsWith(
            "9:5: $.policies[1]: Policy holes: its rules do not say where everything belongs.", errors[1],
            StringComparison.Ordinal);
        Assert.Equal(
            "10:5: $.policies[2]: The name \"adaptive\" is that of a built-in policy; allowed is another one.",
            errors[2]);
    }

    [Fact]
    public void A_tier_without_a_location_is_a_warning()
    {
        var node = Configured.Read(
            """
            { "policies": [
                { "name": "mine",
                  "rules": [{ "name": "all", "to": "cold" }] }] }
            """);

        var warning = Assert.Single(node.Warnings);
        Assert.EndsWith(
            "node.json:3:7: $.policies[0].rules: Policy mine, rule all: no location is bound to Cold; Hot stands in.",
            warning.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_of_tiers_while_the_locations_are_wrong() => Assert.Single(Configured.Errors(
        $$"""
        { "locations": [{ "id": "hot", "kind": "lgo", "tier": "hot" }], "policies": [{ "name": "a", {{Rules}} }] }
        """));

    [Fact]
    public void A_tier_has_the_price_of_its_first_location_that_is_active()
    {
        var tiers = Configured.WithLocations(
            Configured.Log,
            Cold("a", """ "state": "retired", "cost": { "perGbMonth": 9 } """),
            Cold("b", """ "cost": { "perGbMonth": 0.004 } """)).Tiers;

        Assert.Equal(
            [0, 0.004], tiers.Environment!.Tiers.Select(tier => tier.Cost.DollarsPerGbMonth));

        static string Cold(string id, string more) =>
            $$"""{ "id": "{{id}}", "kind": "directory", "tier": "cold", "path": "{{id}}", {{more}} }""";
    }
}
