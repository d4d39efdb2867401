using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>What an operator does with locations, jobs and copies, in a directory and through a node alike.</summary>
public abstract class OperatorCommandTests : IAsyncLifetime
{
    protected const string Tiers =
        """
        {
          "locations": [
            { "id": "hot", "kind": "log", "tier": "hot", "medium": "nvme", "labels": { "device": "a" } },
            {
              "id": "pool", "kind": "pool", "tier": "warm", "medium": "hdd", "dataShards": 2, "parityShards": 1,
              "sets": [[
                { "path": "pool/d0", "labels": { "device": "b" } },
                { "path": "pool/d1", "labels": { "device": "c" } },
                { "path": "pool/d2", "labels": { "device": "d" } }
              ]]
            },
            {
              "id": "cold", "kind": "directory", "tier": "cold", "medium": "hdd", "path": "cold",
              "labels": { "device": "e" }
            }
          ],
          "placement": { "failureDomain": "device", "defaultClass": "ephemeral" }
        }
        """;

    protected Cimstore Program { get; } = new();

    public virtual ValueTask InitializeAsync()
    {
        Program.Environment["CIMSTORE_CONFIG"] = Program.Write("tiers.json", Tiers);
        return ValueTask.CompletedTask;
    }

    public virtual ValueTask DisposeAsync()
    {
        Program.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact, Trait("row", "G3")]
    public async Task A_location_is_emptied_and_retired()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("migrate", cid, "--to", "warm");

        var early = await Program.RunAsync("location", "retire", "pool", "--yes");
        var asked = await Program.RunAsync("location", "retire", "pool", "--dry-run");
        var drain = await RunAsync("location", "drain", "pool");
        var listed = await RunAsync("location", "list");
        var rehearsed = await RunAsync("location", "retire", "pool", "--dry-run");
        await RunAsync("location", "retire", "pool", "--yes");
        var late = await Program.RunAsync("location", "activate", "pool");
        var jobs = await RunAsync("jobs", "list", "--json");

        early.Fails(4, "location-not-empty");
        asked.Fails(4, "location-not-empty");
        Assert.StartsWith("pool\twarm\tdraining\t0\t", rehearsed.Text, StringComparison.Ordinal);
        Assert.Contains("pool would be retired; nothing was changed", rehearsed.Error, StringComparison.Ordinal);
        Assert.Contains("\tdrain\tdone\t", drain.Text, StringComparison.Ordinal);
        Assert.Contains(listed.Lines, line => line.StartsWith("pool\twarm\tdraining\t0\t", StringComparison.Ordinal));
        Assert.Contains(listed.Lines, line => line.StartsWith("cold\tcold\tactive\t1\t", StringComparison.Ordinal));
        late.Fails(4, "location-retired");
        Assert.Single(jobs.Lines);
        var job = jobs.Json;
        Assert.Equal(("drain", "pool", 1), (
            job.GetProperty("kind").GetString(), job.GetProperty("location").GetString(),
            job.GetProperty("changed").GetInt32()));
        Assert.Equal(0, (await Program.RunAsync("verify", cid)).ExitCode);
    }

    [Fact, Trait("row", "F3")]
    public async Task Each_copy_is_explained_by_the_placement_and_its_failure_domains()
    {
        var cid = await PutAsync(50_000);
        var hot = (await RunAsync("explain", cid)).Text;
        await RunAsync("migrate", cid, "--to", "warm");
        var warm = (await RunAsync("explain", cid)).Text;
        await RunAsync("replicate", cid, "--factor", "4");
        var four = (await RunAsync("explain", cid)).Text;

        Assert.Contains("copy at hot, why there: the placement names hot of the tier Hot, the home location", hot,
            StringComparison.Ordinal);
        Assert.Contains("in the journal's own batch, one sync for both; failure domain device:a", hot,
            StringComparison.Ordinal);
        Assert.DoesNotContain("journal", warm, StringComparison.Ordinal);
        Assert.Contains(
            "copy at pool, why there: the placement names pool of the tier Warm, by rendezvous among 1, in a failure "
            + "domain of its own", warm, StringComparison.Ordinal);
        Assert.Contains(
            "3 parts, any 2 of which give it back, in failure domains device:b, device:c, device:d", warm,
            StringComparison.Ordinal);
        Assert.Contains("copy at cold, why there: no rule asks for it: it was made by hand", four,
            StringComparison.Ordinal);
        Assert.Contains("failure domain device:e", four, StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J12")]
    public async Task A_lost_part_is_found_and_made_again()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("migrate", cid, "--to", "warm");
        var blob = Directory.EnumerateFiles(
            Path.Combine(Program.Folder, "pool", "d1"), "*.blob", SearchOption.AllDirectories).Single();
        File.Delete(blob);

        var broken = await Program.RunAsync("whereis", "--deep", cid);
        var scrub = await RunAsync("scrub", cid);
        var whole = await RunAsync("whereis", "--deep", cid);

        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("2 of 3 parts right, 2 needed", broken.Text, StringComparison.Ordinal);
        Assert.Contains("\tscrub\tdone\t1/1\t1 changed", scrub.Text, StringComparison.Ordinal);
        Assert.Contains("3 of 3 parts right", whole.Text, StringComparison.Ordinal);
        Assert.Contains("\tpool\twarm\tlocation:pool\tverified\t", whole.Text, StringComparison.Ordinal);
        Assert.Empty((await RunAsync("debts")).Text);
        Assert.Contains("\trepair\tdone\t", (await RunAsync("repair")).Text, StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J12")]
    public async Task Catalog_and_locations_are_compared_and_a_bad_cursor_is_refused()
    {
        var cid = await PutAsync(100_000);
        await RunAsync("migrate", cid, "--to", "cold");

        var fsck = await RunAsync("fsck", "--repair");
        var rest = await RunAsync("fsck", "--after", "cold");
        var refused = await Program.RunAsync("fsck", "--after", "elsewhere:abc");
        var unsure = await Program.RunAsync("fsck", "--release-unknown");

        Assert.Equal(["records", "pool", "cold"], fsck.Lines.Select(line => line.Split('\t')[0]));
        Assert.All(fsck.Lines, line => Assert.Equal("ok", line.Split('\t')[1]));
        Assert.StartsWith("cold\tok\t1 copies", Assert.Single(rest.Lines), StringComparison.Ordinal);
        refused.Fails(4, "fsck-cursor");
        unsure.Fails(2, "--yes");
    }

    [Fact, Trait("row", "J9")]
    public async Task Many_are_replicated_by_a_job_and_the_inventory_has_every_copy()
    {
        var small = await PutAsync(5_000);
        var large = await PutAsync(2_000_000);

        var job = await RunAsync("replicate", "--all", "--factor", "2");
        var table = await RunAsync("inventory", "--format", "csv");
        var objects = await RunAsync("inventory");
        var both = await Program.RunAsync("replicate", "--all", small, "--factor", "2");

        Assert.Contains("\treplicate\tdone\t2/2\t2 changed", job.Text, StringComparison.Ordinal);
        Assert.StartsWith("cid,size_bytes,", table.Lines[0], StringComparison.Ordinal);
        Assert.Equal(4, table.Lines.Skip(1).Count(line => line.Contains(",verified,", StringComparison.Ordinal)));
        Assert.Equal(
            new[] { small, large }.Order(StringComparer.Ordinal),
            objects.Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("cid").GetString()));
        both.Fails(2, "--all");
    }

    [Fact, Trait("row", "J9")]
    public async Task A_job_that_is_over_or_unknown_cannot_be_changed()
    {
        await PutAsync(5_000);
        var id = (await RunAsync("repair")).Cid;

        var over = await Program.RunAsync("jobs", "pause", id);
        var nobody = await Program.RunAsync("jobs", "cancel", Guid.Empty.ToString());

        over.Fails(4, "job-finished");
        nobody.Fails(3, "no job");
    }

    [Fact, Trait("row", "B1")]
    public async Task The_latency_of_a_tier_stands_beside_its_class()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("migrate", cid, "--to", "cold");

        var tiers = await Program.RunAsync("tiers", "--sample", "10", "--json");

        Assert.InRange(tiers.ExitCode, 0, 1);
        Assert.Equal(3, tiers.Lines.Length);
        Assert.Equal(("cold", 100), (
            tiers.Json.GetProperty("tier").GetString(), tiers.Json.GetProperty("boundMilliseconds").GetInt32()));
        Assert.True(tiers.Json.GetProperty("firstByte").GetProperty("count").GetInt32() > 0);
        Assert.True(tiers.Json.GetProperty("firstByte").GetProperty("p99Milliseconds").GetDouble() > 0);
        Assert.Contains("\"verdict\":\"not measured\"", tiers.Lines[1], StringComparison.Ordinal);
    }

    protected async Task<string> PutAsync(int size)
    {
        var put = await RunAsync("put", Program.Write($"file-{size}", RandomNumberGenerator.GetBytes(size)));
        return put.Cid;
    }

    protected async Task<CliResult> RunAsync(params string[] arguments) => (await Program.RunAsync(arguments)).Ok();
}
