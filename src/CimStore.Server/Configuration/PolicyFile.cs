using System.Collections.Immutable;
using System.Text.Json;
using CimStore.Policies;

namespace CimStore.Server.Configuration;

/// <summary>Migration policies that a file holds, for whoever asks about policies alone.</summary>
/// <param name="Policies">Its own, without those built in.</param>
/// <param name="Tiers">What a configuration file says of the tiers; null of a file of policies.</param>
/// <param name="Warnings">Of a configuration file all, not only those about policies.</param>
public sealed record PolicyFile(
    ImmutableArray<MigrationPolicy> Policies, TiersConfiguration? Tiers, ImmutableArray<ConfigurationFinding> Warnings)
{
    /// <param name="path">One policy, a list of them, or a configuration file.</param>
    /// <param name="deviceOf">See <see cref="ConfigurationFile.Read"/>.</param>
    /// <exception cref="ConfigurationException">The file is refused; it names every error with its place.</exception>
    /// <exception cref="ArgumentException">A <c>CIMSTORE__</c> variable is refused.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PolicyFile Read(string path, Func<string, ulong?> deviceOf)
    {
        ArgumentNullException.ThrowIfNull(path);
        ReadOnlyMemory<byte> bytes = ConfigurationFile.Bytes(path);
        var source = JsonSource.Parse(path, bytes);

        // No configuration has rules, and no policy is without them.
        if (source.Root.Kind == JsonValueKind.Object && source.Root.Find("rules") is null)
        {
            var node = ConfigurationFile.Parse(path, bytes, deviceOf);
            return new PolicyFile(
                node.Tiers.AllPolicies[MigrationPolicies.BuiltIn.Length..], node.Tiers, node.Warnings);
        }

        var findings = new ConfigurationFindings(source);
        var text = new PolicyText(source.Utf8, FirstLine: 1);
        var (policies, _) = new PolicyBinder(source, findings).Read(text, source.Root, environment: null);
        return findings.HasErrors
            ? throw new ConfigurationException(findings.ToArray(), "policy check")
            : new PolicyFile(policies, null, findings.ToArray());
    }
}
