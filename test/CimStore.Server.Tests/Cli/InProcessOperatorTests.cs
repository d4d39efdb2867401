using System.Text.Json;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>No server: each command opens the data directory and its locations itself.</summary>
public sealed class InProcessOperatorTests : OperatorCommandTests
{
    [Fact, Trait("row", "J9")]
    public async Task What_is_due_is_proved_and_a_job_that_was_left_is_run()
    {
        await PutAsync(50_000);

        var nothing = await RunAsync("scrub");
        Program.Environment["CIMSTORE_CLOCK"] = "+40d";
        var due = await RunAsync("scrub", "--json");
        var left = await RunAsync("location", "drain", "pool", "--detach");
        var run = await RunAsync("jobs", "run");
        var watch = await Program.RunAsync("jobs", "watch", left.Cid);

        Assert.StartsWith("0 objects", nothing.Text, StringComparison.Ordinal);
        Assert.Equal((1, 1), (
            due.Json.GetProperty("objects").GetInt32(), due.Json.GetProperty("copies").GetInt32()));
        Assert.Contains("\tdrain\tqueued\t", left.Text, StringComparison.Ordinal);
        Assert.Contains("\tdrain\tdone\t", run.Text, StringComparison.Ordinal);
        watch.Fails(4, "jobs run");
    }

    [Fact, Trait("row", "B3")]
    public async Task A_shard_that_the_pool_does_not_have_is_not_replaced()
    {
        await PutAsync(50_000);

        (await Program.RunAsync("pool", "replace", "pool", "99", "--yes")).Fails(2, "no shard 99");
        (await Program.RunAsync("pool", "replace", "pool", "0", "--set", "1", "--yes")).Fails(2, "in a set 1");
        (await Program.RunAsync("pool", "replace", "pool", "0", "--yes")).Fails(5, "only what is lost is replaced");
    }

    /// <summary>What is not there now says nothing of the rest, and is not called bad.</summary>
    [Fact, Trait("row", "J12")]
    public async Task What_lies_at_a_location_that_is_away_is_unread_and_the_rest_is_verified()
    {
        var pooled = await PutAsync(3_000_000);
        await RunAsync("migrate", pooled, "--to", "warm");
        var home = await PutAsync(2_000_000);
        var pool = Path.Combine(Program.Folder, "pool");
        Directory.Move(pool, pool + ".away");

        var all = await Program.RunAsync("verify", "--json");
        var one = await Program.RunAsync("verify", pooled);
        var check = await Program.RunAsync("check");
        Directory.Move(pool + ".away", pool);
        var back = await RunAsync("verify");

        Assert.Equal(1, all.ExitCode);
        var states = all.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
            line => line.GetProperty("cid").GetString()!, line => line.GetProperty("state").GetString());
        Assert.Equal(("unread", "ok"), (states[pooled], states[home]));
        Assert.Contains("\"location\":\"pool\",\"state\":\"unread\"", all.Text, StringComparison.Ordinal);
        Assert.Contains("1 verified (1.9 MiB), 0 bad, 0 missing, 1 unread", all.Error, StringComparison.Ordinal);
        one.Fails(5, "1 unread");
        Assert.StartsWith($"{pooled}\tunread\tpool: ", one.Text, StringComparison.Ordinal);
        Assert.Contains($"{pooled} could not be read everywhere. pool: ", check.Text, StringComparison.Ordinal);
        Assert.Contains("2 verified", back.Error, StringComparison.Ordinal);
    }

    [Theory, Trait("row", "J12")]
    [InlineData("pool", "warm")]
    [InlineData("cold", "cold")]
    public async Task The_copies_of_a_location_that_is_away_are_not_compared_and_not_called_ok(
        string location, string tier)
    {
        await RunAsync("migrate", await PutAsync(3_000_000), "--to", tier);
        await RunAsync("migrate", await PutAsync(50_000), "--to", tier);
        var path = Path.Combine(Program.Folder, location);
        Directory.Move(path, path + ".away");

        var text = await Program.RunAsync("fsck");
        var json = await Program.RunAsync("fsck", "--json");
        Directory.Move(path + ".away", path);
        var back = await RunAsync("fsck");

        Assert.Equal(1, text.ExitCode);
        Assert.Contains($"{location}\tunread\t2 of 2 copies were not looked at", text.Text, StringComparison.Ordinal);
        Assert.Contains(
            $"records\tunread\t2 objects; 0 copies missing or without some of their parts, 0 made again; copies at "
            + $"{location} were not looked at", text.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{location}\tok", text.Text, StringComparison.Ordinal);
        Assert.Equal(1, json.ExitCode);
        Assert.Contains("\"ok\":false,", json.Text, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"unread\"", json.Text, StringComparison.Ordinal);
        Assert.Contains($"{location}\tok\t2 copies of ", back.Text, StringComparison.Ordinal);
    }

    /// <summary>The only copy, and all of its bytes are right.</summary>
    [Theory, Trait("row", "J12")]
    [InlineData("hot", "repair")]
    [InlineData("cold", "repair")]
    [InlineData("hot", "scrub")]
    public async Task A_damaged_tree_is_made_again_from_the_bytes(string tier, string mending)
    {
        var cid = await PutAsync(3_000_000);
        if (tier != "hot")
        {
            await RunAsync("migrate", cid, "--to", tier);
        }

        var folder = tier == "hot" ? Program.Data : Path.Combine(Program.Folder, tier);
        var tree = Directory.EnumerateFiles(folder, "*.tree", SearchOption.AllDirectories).Single();
        File.WriteAllBytes(tree, new byte[new FileInfo(tree).Length]);

        var read = mending == "repair" ? await RunAsync("cat", cid) : null;
        var mended = await RunAsync(mending, cid);
        var verified = await RunAsync("verify", cid);

        if (read is not null)
        {
            Assert.Equal(await File.ReadAllBytesAsync(
                Path.Combine(Program.Folder, "file-3000000"), TestContext.Current.CancellationToken), read.Output);
        }

        Assert.Contains("\tdone\t", mended.Text, StringComparison.Ordinal);
        Assert.StartsWith($"{cid}\tok", verified.Text, StringComparison.Ordinal);
        // What the mending itself saw of a pool's old copy is looked at once more, by the next cycle.
        var debts = await Program.RunAsync("debts");
        Assert.DoesNotContain("hopeless", debts.Text, StringComparison.Ordinal);
        Assert.True(tier != "hot" || debts.Text.Length == 0, debts.Text);
        Assert.All(
            (await Program.RunAsync("check")).Lines.Skip(1),
            line => Assert.Contains("\tok\t", line, StringComparison.Ordinal));
    }

    [Fact, Trait("row", "J12")]
    public async Task A_directory_that_is_away_keeps_debts_and_repair_from_saying_that_all_is_well()
    {
        await RunAsync("migrate", await PutAsync(50_000), "--to", "warm");
        var shard = Path.Combine(Program.Folder, "pool", "d0");
        Directory.Move(shard, shard + ".away");

        var debts = await Program.RunAsync("debts");
        var repair = await Program.RunAsync("repair");
        Directory.Move(shard + ".away", shard);
        var back = await RunAsync("debts");

        debts.Fails(1, "not looked at: Pool pool, shard 0 of set 0");
        Assert.Empty(debts.Text);
        repair.Fails(1, "not looked at: Pool pool, shard 0 of set 0");
        Assert.Contains("\trepair\tdone\t", repair.Text, StringComparison.Ordinal);
        Assert.Empty(back.Error);
    }

    [Fact, Trait("row", "J12")]
    public async Task A_copy_that_was_found_wrong_is_owed_by_that_word_where_the_class_has_all_it_needs()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("replicate", cid, "--factor", "3");
        var blob = Directory.EnumerateFiles(Program.Data, "*.blob", SearchOption.AllDirectories).Single();
        using (var file = File.Open(blob, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 1_000_000;
            file.Write(new byte[4096]);
        }

        var verified = await Program.RunAsync("verify", cid);
        var owed = await Program.RunAsync("debts");
        var json = await Program.RunAsync("debts", "--json");

        Assert.StartsWith($"{cid}\tbad", verified.Text, StringComparison.Ordinal);
        Assert.Equal(1, owed.ExitCode);
        Assert.StartsWith($"{cid}\twrong\t", owed.Text, StringComparison.Ordinal);
        Assert.Equal((0, false), (
            json.Json.GetProperty("copiesOwed").GetInt32(), json.Json.GetProperty("lacksParts").GetBoolean()));
    }

    [Fact, Trait("row", "J12")]
    public async Task A_location_whose_id_was_changed_is_told_by_the_status()
    {
        await RunAsync("migrate", await PutAsync(50_000), "--to", "cold");
        var before = await RunAsync("status");
        Program.Environment["CIMSTORE_CONFIG"] = Program.Write(
            "renamed.json", Tiers.Replace("\"id\": \"cold\"", "\"id\": \"frozen\"", StringComparison.Ordinal));

        var renamed = await RunAsync("status");

        Assert.DoesNotContain("is not bound", before.Text, StringComparison.Ordinal);
        Assert.Contains(
            "warning: The location cold was used with this data directory and is not bound", renamed.Text,
            StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J9")]
    public async Task A_job_in_a_directory_ends_after_one_try_and_leaves_the_lock_to_a_replacement()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("migrate", cid, "--to", "warm");
        Directory.Delete(Path.Combine(Program.Folder, "pool", "d0"), recursive: true);

        var scrub = await Program.RunAsync("scrub", "--all");
        await RunAsync("pool", "replace", "pool", "0", "--yes");
        var run = await RunAsync("jobs", "run", scrub.Cid);

        Assert.Equal(1, scrub.ExitCode);
        Assert.Contains("\tscrub\tqueued\t1/1\t", scrub.Text, StringComparison.Ordinal);
        Assert.Contains("1 left; the job stays queued", scrub.Error, StringComparison.Ordinal);
        Assert.Contains("\tscrub\tdone\t1/1\t", run.Text, StringComparison.Ordinal);
    }

    /// <summary>Two of the three shards of one copy are damaged where they say what they are, and the third is lost.
    /// </summary>
    [Fact, Trait("row", "B3")]
    public async Task A_copy_that_no_shard_describes_keeps_no_other_from_being_healed()
    {
        var lost = await PutAsync(3_000_000);
        await RunAsync("migrate", lost, "--to", "warm");
        var pool = Path.Combine(Program.Folder, "pool");
        foreach (var shard in (string[])["d1", "d2"])
        {
            var file = Directory.EnumerateFiles(
                Path.Combine(pool, shard), "*.blob", SearchOption.AllDirectories).Single();
            using var damaged = File.OpenWrite(file);
            damaged.Write(new byte[4096]);
        }

        await RunAsync("migrate", await PutAsync(2_000_000), "--to", "warm");
        await RunAsync("migrate", await PutAsync(2_500_000), "--to", "warm");
        Directory.Delete(Path.Combine(pool, "d0"), recursive: true);

        var forecast = await Program.RunAsync("pool", "replace", "pool", "0", "--dry-run");
        var forecastJson = await Program.RunAsync("pool", "replace", "pool", "0", "--dry-run", "--json");
        Assert.False(Directory.Exists(Path.Combine(pool, "d0")));
        var replace = await Program.RunAsync("pool", "replace", "pool", "0", "--yes");
        var heal = await Program.RunAsync("pool", "heal", "pool", "--json");

        Assert.Equal((1, 1), (forecast.ExitCode, replace.ExitCode));
        Assert.Contains("2 copies would get a shard", forecast.Text, StringComparison.Ordinal);
        Assert.Contains("1 is hopeless", forecast.Text, StringComparison.Ordinal);
        Assert.Equal((2, 1, true), (
            forecastJson.Json.GetProperty("copies").GetInt32(), forecastJson.Json.GetProperty("hopeless").GetInt32(),
            forecastJson.Json.GetProperty("dryRun").GetBoolean()));
        Assert.Contains("2 healed, 1 not whole, 1 of them hopeless", replace.Text, StringComparison.Ordinal);
        Assert.Contains(lost, replace.Error, StringComparison.Ordinal);
        Assert.Equal((1, 0, 1, 1), (
            heal.ExitCode, heal.Json.GetProperty("healed").GetInt32(), heal.Json.GetProperty("notWhole").GetInt32(),
            heal.Json.GetProperty("hopeless").GetInt32()));
    }

    [Fact, Trait("row", "B3")]
    public async Task A_directory_is_not_replaced_while_the_others_are_too_few()
    {
        await RunAsync("migrate", await PutAsync(3_000_000), "--to", "warm");
        var pool = Path.Combine(Program.Folder, "pool");
        Directory.Delete(Path.Combine(pool, "d0"), recursive: true);
        Directory.Move(Path.Combine(pool, "d1"), Path.Combine(pool, "d1.away"));

        (await Program.RunAsync("pool", "replace", "pool", "0", "--yes")).Fails(5, "Bring 1 more");
        (await Program.RunAsync("pool", "replace", "pool", "0", "--dry-run")).Fails(5, "Bring 1 more");
    }

    /// <summary>There is no background to do it in: what a command found and read counts after it, too.</summary>
    [Fact, Trait("row", "B3")]
    public async Task What_a_command_read_is_counted_and_what_it_found_lacking_is_owed()
    {
        var cid = await PutAsync(3_000_000);
        await RunAsync("migrate", cid, "--to", "warm");
        var shard = Directory.EnumerateFiles(
            Path.Combine(Program.Folder, "pool", "d0"), "*.blob", SearchOption.AllDirectories).Single();
        using (var file = File.Open(shard, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 10_000;
            var value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 1));
        }

        await Program.RunAsync("cat", cid);
        var owed = await Program.RunAsync("debts");
        var events = await RunAsync("events");
        var repair = await RunAsync("repair", cid);
        var nothing = await RunAsync("debts");
        var again = await RunAsync("repair", cid);
        Assert.Contains("\t1 changed", repair.Text, StringComparison.Ordinal);
        Assert.Empty(nothing.Text);
        Assert.Contains("\t0 changed", again.Text, StringComparison.Ordinal);
        var whole = await RunAsync("whereis", "--deep", cid);

        Assert.Contains(cid, owed.Text, StringComparison.Ordinal);
        Assert.Contains("storage.retrieved", events.Text, StringComparison.Ordinal);
        Assert.Contains("3 of 3 parts right", whole.Text, StringComparison.Ordinal);
    }
}
