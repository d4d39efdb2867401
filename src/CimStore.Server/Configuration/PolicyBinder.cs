using System.Collections.Immutable;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>Reads and checks the policies of a file, and finds the one in force.</summary>
internal sealed class PolicyBinder(JsonSource source, ConfigurationFindings findings)
{
    /// <summary>Of a configuration file, whose locations were read.</summary>
    public TiersConfiguration Bind(TiersConfiguration tiers)
    {
        // Locations that are wrong are not all of those that are meant: nothing is said of their tiers then.
        var environment = findings.HasErrors ? null : tiers.Environment;
        var (own, isWhole) = tiers.Policies is { } text
            ? Read(text, source.Root.Find("policies")!.Value, environment)
            : ([], true);
        ImmutableArray<MigrationPolicy> all = [.. MigrationPolicies.BuiltIn, .. own];
        var found = all.FirstOrDefault(policy => policy.Name == tiers.Policy);

        // One that could not be read may be the one that is meant; its own errors say enough.
        if (found is null && isWhole)
        {
            var allowed = NearestWord.Allowed(tiers.Policy, [.. all.Select(policy => policy.Name)]);
            findings.Error(
                source.Root.Find("policy")?.Value ?? source.Root,
                $"There is no policy \"{tiers.Policy}\". {allowed}");
        }

        return tiers with { AllPolicies = all, PolicyInForce = found ?? MigrationPolicies.Adaptive };
    }

    /// <returns>Those without an error, and whether those are all.</returns>
    public (ImmutableArray<MigrationPolicy> Policies, bool IsWhole) Read(
        PolicyText text, JsonNodeAt within, MigrationEnvironment? environment)
    {
        var reading = PolicyReader.Read(text.Utf8.Span, text.FirstLine);
        Tell(within, reading.Errors);
        var good = ImmutableArray.CreateBuilder<MigrationPolicy>();
        foreach (var policy in reading.Policies)
        {
            if (MigrationPolicies.BuiltIn.Any(builtIn => builtIn.Name == policy.Name))
            {
                findings.AtLine(
                    true, within, policy.Line,
                    $"The name \"{policy.Name}\" is that of a built-in policy; allowed is another one.");
                continue;
            }

            var found = PolicyCheck.Check(policy, environment);
            Tell(within, found);
            if (!found.Any(finding => finding.Severity == PolicySeverity.Error))
            {
                good.Add(policy);
            }
        }

        return (good.ToImmutable(), reading.Errors.IsEmpty && good.Count == reading.Policies.Length);
    }

    private void Tell(JsonNodeAt within, ImmutableArray<PolicyFinding> found)
    {
        foreach (var finding in found)
        {
            findings.AtLine(finding.Severity == PolicySeverity.Error, within, finding.Line, finding.Text);
        }
    }
}
