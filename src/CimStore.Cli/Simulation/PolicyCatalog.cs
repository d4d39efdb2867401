using System.Collections.Immutable;
using CimStore.Cli.Terminal;
using CimStore.Policies;
using CimStore.Server.Configuration;

namespace CimStore.Cli.Simulation;

/// <summary>The policies that a command can name: those built in, and those of a file.</summary>
/// <param name="own">Of the file.</param>
/// <param name="tiers">What the file says of the tiers; null when there is none or it says nothing.</param>
internal sealed class PolicyCatalog(ImmutableArray<MigrationPolicy> own, TiersConfiguration? tiers)
{
    public ImmutableArray<MigrationPolicy> All { get; } = [.. MigrationPolicies.BuiltIn, .. own];

    public ImmutableArray<MigrationPolicy> Own => own;

    public TiersConfiguration? Tiers => tiers;

    /// <param name="file">Null for those built in alone.</param>
    /// <exception cref="CliException">The file is refused.</exception>
    public static PolicyCatalog Read(string? file)
    {
        if (file is null)
        {
            return new PolicyCatalog([], null);
        }

        try
        {
            var read = PolicyFile.Read(file, BlockDevice.Of);
            return new PolicyCatalog(read.Policies, read.Tiers);
        }
        catch (ArgumentException refused)
        {
            throw new CliException(ExitCode.NotWell, refused.Message, refused);
        }
    }

    public MigrationPolicy? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);

    public CliException Unknown(string name) => CliException.NotFound(
        $"There is no policy '{name}'; there are: {string.Join(", ", All.Select(policy => policy.Name))}.");

    public bool IsInForce(MigrationPolicy policy) =>
        policy.Name == (tiers?.PolicyInForce ?? MigrationPolicies.Adaptive).Name;
}
