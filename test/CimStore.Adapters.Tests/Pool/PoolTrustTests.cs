using CimStore.Adapters.Tests.Tiers;
using CimStore.Disk.Files;
using CimStore.Disk.Pool;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using CimStore.Testing.Disk;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Adapters.Tests.Pool;

/// <summary>What is relied on was looked at: what is away, or has lost its bytes, counts for nothing.</summary>
public sealed class PoolTrustTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plain_directory_whose_disk_refuses_everything_is_away_and_no_copy_is_bad()
    {
        using var folder = new PoolFolder(1, 0);
        var copies = await PoolLossTests.FillAsync(folder);
        var (key, copy, _) = copies.Single(one => one.Content.Length == 3_000_001);
        var isOn = false;
        var plan = new FaultPlan().While(() => isOn, DiskOperation.Read, new DiskFault.Error(Errno.InputOutput));
        await using var pool = await PoolLocation.OpenAsync(
            folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token);
        isOn = true;
        var fault = await Assert.ThrowsAsync<LocationException>(
            async () => await pool.ReadAsync(key, copy, 0, new byte[1000], Token));
        var isOfOneCopy = await StorageNode.IsOfOneCopyAsync(key, pool, fault, Token);
        isOn = false;
        Assert.Equal(LocationFault.Medium, fault.Fault);
        Assert.False(isOfOneCopy, "The whole disk refuses its bytes; the one copy was taken for bad.");
    }

    /// <summary>There is no byte of content to prove: its record is.</summary>
    [Fact]
    public async Task A_damaged_shard_of_empty_content_is_found_and_made_again()
    {
        using var folder = new PoolFolder();
        await using var pool = await folder.OpenAsync();
        var copy = await new LocationUnderTest(pool).AdmitAsync([], Token);
        var key = ContentKey.Shared(Samples.CidOf([]));
        Assert.True((await pool.InspectAsync(key, copy, null, Token))!.IsWhole);
        Assert.Equal(1, folder.Rot(3, inRecord: 40));

        var damaged = await pool.InspectAsync(key, copy, null, Token);
        var healed = await pool.HealAsync(key, copy, null, Token);

        Assert.Equal((8, 7), (damaged!.Parts, damaged.PartsIntact));
        Assert.Contains("Shard 3", Assert.Single(damaged.Faults), StringComparison.Ordinal);
        Assert.True(healed!.IsWhole);
    }

    [Fact]
    public async Task A_directory_that_takes_nothing_does_not_keep_another_from_being_healed()
    {
        using var folder = new PoolFolder();
        var (key, copy, content) = (await PoolLossTests.FillAsync(folder))
            .Single(one => one.Content.Length == 3_000_001);
        await using var pool = await folder.OpenAsync();
        foreach (var shard in (int[])[2, 5])
        {
            Directory.EnumerateFiles(folder.Path0(shard), "*.blob", SearchOption.AllDirectories).ToList()
                .ForEach(File.Delete);
        }

        var staging = Path.Combine(folder.Path0(2), "staging");
        Directory.Delete(staging);
        File.WriteAllText(staging, "");
        try
        {
            await pool.HealAsync(key, copy, null, Token);
        }
        catch (LocationException)
        {
        }

        Assert.Equal(7, (await pool.InspectAsync(key, copy, null, Token))!.PartsIntact);
    }

    [Fact]
    public async Task A_set_that_is_away_is_never_made_anew()
    {
        using var folder = new PoolFolder(4, 4, sets: 2);
        await using (await folder.OpenAsync())
        {
        }

        Directory.Delete(folder.Options.StateDirectory, recursive: true);
        Move(folder, 0, "", "-away");
        await using (await folder.OpenAsync())
        {
        }

        Move(folder, 0, "-away", "");
        Move(folder, 1, "", "-away");
        for (var shard = 0; shard < 8; shard++)
        {
            Directory.CreateDirectory(folder.Path0(shard, 1));
        }

        await using (await folder.OpenAsync())
        {
        }

        Assert.False(File.Exists(Path.Combine(folder.Path0(0, 1), "pool.json")), "made in an empty mount point");
    }

    [Fact]
    public async Task A_stray_is_not_released_for_copies_at_a_location_that_does_not_answer()
    {
        await using var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        var bytes = Samples.Bytes(50_000, 50_000);
        var stored = await tiers.Node.StoreAsync(
            bytes, Token,
            StoreRequest.Default with { Class = DurabilityClass.Standard, Level = ConsistencyLevel.Strong });
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        var record = (await tiers.Node.StatAsync(stored.Cid, Token))!;
        Assert.Equal(["pool"], record.Copies.Select(one => one.Location.Name));
        await using (var staged = await tiers.Cold.StageAsync(bytes.Length, Token))
        {
            await staged.WriteAsync(bytes, Token);
            await staged.SealAsync(new CopyManifest(record.Key, bytes.Length, record.Root), Token);
        }

        var away = Directory.CreateTempSubdirectory("cimstore-away-").FullName;
        for (var shard = 0; shard < 8; shard++)
        {
            Directory.Move(tiers.PoolDirectory(shard), Path.Combine(away, $"d{shard}"));
        }

        var told = new List<string>();
        await foreach (var step in tiers.Node.FsckAsync(new FsckRequest { IsMending = true }, Token))
        {
            if (step is CheckStep.Found found)
            {
                told.Add($"{found.What}: {found.Detail}");
            }
        }

        var left = await tiers.Cold.ListCopiesAsync(null, Token).CountAsync(Token);
        for (var shard = 0; shard < 8; shard++)
        {
            Directory.Move(Path.Combine(away, $"d{shard}"), tiers.PoolDirectory(shard));
        }

        Assert.True(left == 1, string.Join(Environment.NewLine, told));
    }

    [Fact]
    public async Task One_directory_that_fails_while_a_tree_is_written_drops_out()
    {
        using var folder = new PoolFolder(1, 2);
        var (isOn, creates) = (false, 0);
        var plan = new FaultPlan().While(
            () => Volatile.Read(ref isOn) && Interlocked.Increment(ref creates) == 4, DiskOperation.Create,
            new DiskFault.Error(Errno.InputOutput));
        await using var pool = await PoolLocation.OpenAsync(
            folder.Options, TimeProvider.System, new FaultyDisk(new PosixDisk(), plan), Token);
        isOn = true;
        await new LocationUnderTest(pool).AdmitAsync(Samples.Bytes(40 << 20, 3), Token);
    }

    [Fact]
    public async Task A_journal_that_refuses_entries_does_not_keep_a_right_copy_from_being_read()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        await tiers.OpenAsync();
        var content = Samples.Bytes(1000, 1);
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        await tiers.RotAsync(content, "hot");
        await tiers.OpenAsync();
        tiers.JournalMishap = _ => LocationMishap.Full;
        Assert.Empty(await tiers.UnreadableAsync());
    }

    [Fact]
    public async Task A_copy_that_was_to_go_and_stays_is_looked_at_before_another_goes()
    {
        var tiers = new SimulatedTiers();
        tiers.Bind("warm", StorageTier.Warm);
        tiers.Bind("cold", StorageTier.Cold);
        await tiers.OpenAsync();
        var content = Samples.Bytes(1000, 1);
        await tiers.StoreAsync(content, DurabilityClass.Standard, ConsistencyLevel.Strong);
        var record = (await tiers.RecordOfAsync(content))!;
        Assert.Equal("hot warm", SimulatedTiers.PlacesOf(record));
        var warm = record.Copies.Single(static copy => copy.Location.Name == "warm");
        await tiers.At("warm").ReleaseAsync(record.Key, warm.Incarnation, Token);
        await tiers.CycleAsync(TimeSpan.FromDays(31));
        var after = (await tiers.RecordOfAsync(content))!;
        Assert.True(
            after.Copies.Any(static copy => copy.Location.Name == "hot"),
            $"Counts {SimulatedTiers.PlacesOf(after)}, and warm does not have it.");
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(1, 0)]
    public async Task Who_asks_before_a_release_is_told_of_files_that_are_gone(int data, int parity)
    {
        using var folder = new PoolFolder(data, parity);
        var (key, copy, _) = (await PoolLossTests.FillAsync(folder)).Single(one => one.Content.Length == 3_000_001);
        await using var pool = await folder.OpenAsync();
        Assert.Equal(1000, await pool.ReadAsync(key, copy, 0, new byte[1000], Token));
        for (var shard = 0; shard < Math.Min(5, data + parity); shard++)
        {
            Directory.EnumerateFiles(folder.Path0(shard), "*.blob", SearchOption.AllDirectories).ToList()
                .ForEach(File.Delete);
        }

        int parts;
        try
        {
            parts = (await pool.DescribeAsync(key, copy, Token)) is { Fault: null } held ? held.Parts : 0;
        }
        catch (Exception failure) when (failure is LocationException or IntegrityException)
        {
            parts = 0;
        }

        Assert.True(parts < data, $"{parts} parts are said to be there; the copy cannot be read.");
    }

    private static void Move(PoolFolder folder, int set, string from, string to)
    {
        for (var shard = 0; shard < 8; shard++)
        {
            if (Directory.Exists(folder.Path0(shard, set) + to))
            {
                Directory.Delete(folder.Path0(shard, set) + to, recursive: true);
            }

            Directory.Move(folder.Path0(shard, set) + from, folder.Path0(shard, set) + to);
        }
    }
}
