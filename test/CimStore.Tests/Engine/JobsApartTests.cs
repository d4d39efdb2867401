using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Tests.Engine;

/// <summary>What goes wrong in one job, or takes long, holds up no other.</summary>
public sealed class JobsApartTests
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("row", "J9")]
    public async Task A_job_that_throws_fails_and_says_why_and_the_others_are_done()
    {
        var (bad, good) = (Samples.Bytes(1000, 1), Samples.Bytes(1000, 2));
        var name = Samples.CidOf(bad).ToString();
        var tiers = await OpenAsync((_, subject) => subject.Contains(name, StringComparison.Ordinal)
            ? throw new NotSupportedException("Nobody thought of this.") : null);
        await tiers.StoreAsync(bad, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        await tiers.StoreAsync(good, DurabilityClass.Ephemeral, ConsistencyLevel.Eventual);
        var jobs = tiers.Node.Jobs!;
        var first = await jobs.StartJobAsync(Replicate(bad), Token);
        var second = await jobs.StartJobAsync(Replicate(good), Token);

        await jobs.RunDueAsync(Token);

        var failed = (await jobs.FindJobAsync(first.Id, Token))!;
        Assert.Equal((JobState.Failed, "Nobody thought of this."), (failed.State, failed.LastError));
        Assert.Equal(JobState.Done, (await jobs.FindJobAsync(second.Id, Token))!.State);
        var again = await jobs.ChangeJobAsync(first.Id, JobState.Queued, Token);
        Assert.Equal(JobState.Queued, again.State);
    }

    private static JobArguments Replicate(byte[] content) =>
        new(JobKind.Replicate) { Copies = 2, Cids = [Samples.CidOf(content)] };

    private static async Task<SimulatedTiers> OpenAsync(Func<LocationOperation, string, LocationMishap?> rule)
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.PlanOf("warm").Rule((operation, subject, _) => rule(operation, subject));
        tiers.PlanOf("hot").Rule((operation, subject, _) => rule(operation, subject));
        await tiers.OpenAsync();
        return tiers;
    }
}
