using System.Globalization;
using CimStore.Disk.Files;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>Rot is planted in real files; the scrub finds it, mends it, and says what it cannot mend.</summary>
public sealed class ScrubTests
{
    private static readonly LocationId Pool = new("pool");

    /// <summary>ext4, XFS, btrfs and F2FS: on a block device, so what is read and was not cached is counted.</summary>
    private static readonly long[] CountedTypes = [0xEF53, 0x58465342, 0x9123683E, 0xF2F52010];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_read_before_it_is_due_and_each_copy_once_when_it_is()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);

        var early = await ScrubAsync(tiers, TimeSpan.FromDays(29));
        var due = await ScrubAsync(tiers, TimeSpan.FromDays(2));
        var again = await ScrubAsync(tiers, TimeSpan.Zero);

        Assert.Equal(ScrubResult.None, early);
        Assert.Equal((1, 2, 0), (due.Objects, due.Copies, due.Wrong));
        Assert.True(due.BytesRead >= 6_000_000);
        Assert.Equal(ScrubResult.None, again);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Rotten_shards_are_made_again_and_the_copy_is_never_quarantined(int shards)
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        Rot(tiers, shards);

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));

        Assert.Equal((0, 1, 0), (result.Wrong, result.Repaired, result.Owing));
        var record = (await tiers.Node.StatAsync(cid, Token))!;
        var copy = record.Copies.Single(one => one.Location == Pool);
        Assert.Equal((CopyState.Verified, tiers.Time.GetUtcNow()), (copy.State, copy.VerifiedAt));
        Assert.True((await tiers.Pool.InspectAsync(record.Key, copy, null, Token))!.IsWhole);
        Assert.Equal(["CorruptionDetected", "Repaired"], await ToldAsync(tiers, record.Key));
    }

    [Fact]
    public async Task A_file_that_was_deleted_under_an_open_handle_is_missed_and_made_again()
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        await tiers.Node.VerifyAsync(cid, Token);
        foreach (var file in Directory.EnumerateFiles(
            tiers.PoolDirectory(2), "*.blob", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));

        Assert.Equal((0, 1, 0), (result.Wrong, result.Repaired, result.Owing));
        Assert.Single(Directory.EnumerateFiles(tiers.PoolDirectory(2), "*.blob", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(2_000_000)]
    public async Task A_directory_that_was_removed_under_an_open_pool_is_owed_and_the_others_are_mended(int size)
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, size, DurabilityClass.Standard);
        Directory.Delete(tiers.PoolDirectory(7), recursive: true);

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));

        Assert.Equal((0, 2, 1), (result.Wrong, result.Copies, result.Owing));
        Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
        var owed = Assert.Single(await tiers.Node.DebtsAsync(10, Token));
        Assert.True(owed.Debt.LacksParts);
        Assert.Contains("removed or unmounted", owed.Debt.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_scrub_can_mend_is_not_read_again_in_each_run()
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        Directory.Delete(tiers.PoolDirectory(0), recursive: true);
        await tiers.ReopenAsync();

        var first = await ScrubAsync(tiers, TimeSpan.FromDays(31));
        var second = await ScrubAsync(tiers, TimeSpan.Zero);

        Assert.Equal((1, 0, 1), (first.Objects, first.Wrong, first.Owing));
        Assert.Equal(ScrubResult.None, second);
        Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(2_000_000)]
    public async Task A_pool_with_too_few_directories_is_away_and_its_copies_are_not_called_bad(int size)
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, size, DurabilityClass.Standard);
        for (var shard = 3; shard < 8; shard++)
        {
            Directory.Move(tiers.PoolDirectory(shard), tiers.PoolDirectory(shard) + "-away");
        }

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));

        Assert.Equal((0, 1), (result.Wrong, result.Unread));
        Assert.All((await tiers.Node.StatAsync(cid, Token))!.Copies,
            copy => Assert.Equal(CopyState.Verified, copy.State));
    }

    [Fact]
    public async Task A_copy_beyond_its_parts_is_made_again_from_another()
    {
        await using var tiers = await OpenAsync();
        var cid = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        Rot(tiers, 5);

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));

        Assert.Equal((1, 1, 0), (result.Wrong, result.Repaired, result.Owing));
        var record = (await tiers.Node.StatAsync(cid, Token))!;
        Assert.All(record.Copies, copy => Assert.Equal(CopyState.Verified, copy.State));
        Assert.True((await tiers.Node.VerifyAsync(cid, Token))!.IsWhole);
        Assert.Equal(["CorruptionDetected", "Repaired"], await ToldAsync(tiers, record.Key));
    }

    [Fact]
    public async Task A_hopeless_object_is_listed_and_stops_none_of_the_others()
    {
        await using var tiers = await OpenAsync();
        var lost = await StoreAsync(tiers, 2_000_000, DurabilityClass.Ephemeral);
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        Rot(tiers, 5);
        var kept = await StoreAsync(tiers, 2_000_001, DurabilityClass.Standard);

        var first = await ScrubAsync(tiers, TimeSpan.FromDays(31));
        await tiers.ReopenAsync();
        var second = await ScrubAsync(tiers, TimeSpan.Zero);

        Assert.Equal((2, 1, 1), (first.Objects, first.Wrong, first.Hopeless));
        Assert.Equal(ScrubResult.None, second);
        var owed = Assert.Single(await tiers.Node.Scavenger!.OwedAsync(10, Token));
        Assert.Equal((lost, true), (owed.Key.Cid, owed.IsHopeless));
        Assert.True((await tiers.Node.VerifyAsync(kept, Token))!.IsWhole);
    }

    [Fact]
    public async Task What_was_scrubbed_came_from_the_device()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, 8_000_000, DurabilityClass.Standard);
        await StoreAsync(tiers, 50_000, DurabilityClass.Standard);
        var before = DeviceReads();

        var result = await ScrubAsync(tiers, TimeSpan.FromDays(31));
        var read = DeviceReads() - before;

        var type = new PosixDisk().Space(tiers.PoolDirectory(0)).Type;
        Assert.SkipWhen(
            read == 0 && !CountedTypes.Contains(type),
            $"The kernel counts no reads of a device here: the file system is of the type 0x{type:X} (statfs), which "
            + "may be all in memory, as tmpfs, or over a network. On ext4, XFS, btrfs or F2FS this test never skips.");
        Assert.True(read >= result.BytesRead, $"{read} of {result.BytesRead} bytes came from the device.");
    }

    /// <summary>None of the two is due: only the note of a reader leads to them.</summary>
    [Fact]
    public async Task What_readers_found_lacking_outlives_a_run_that_was_ended()
    {
        await using var tiers = await OpenAsync();
        await LackAsync(tiers, 2_000_000, 2_000_001);
        using var ending = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await tiers.Node.Scrubber!.RunAsync(new EndingProgress(ending), ending.Token));
        var rest = await ScrubAsync(tiers, TimeSpan.Zero);
        var after = await ScrubAsync(tiers, TimeSpan.Zero);

        Assert.Equal((1, 1), (rest.Objects, rest.Repaired));
        Assert.Equal(ScrubResult.None, after);
    }

    [Fact]
    public async Task What_readers_found_lacking_is_owed_after_an_attempt_that_failed()
    {
        await using var tiers = await OpenAsync();
        await LackAsync(tiers, 2_000_000, 2_000_001);
        var scavenger = tiers.Node.Scavenger!;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await scavenger.OwePartsAsync(new CancellationToken(canceled: true)));
        await scavenger.OwePartsAsync(Token);

        Assert.Equal(2, (await tiers.Node.DebtsAsync(10, Token)).Count(static owed => owed.Debt.LacksParts));
    }

    private static async Task LackAsync(TieredNode tiers, params int[] sizes)
    {
        var cids = new List<Content.Cid>();
        foreach (var size in sizes)
        {
            cids.Add(await StoreAsync(tiers, size, DurabilityClass.Standard));
        }

        Rot(tiers, 1);
        foreach (var cid in cids)
        {
            var record = (await tiers.Node.StatAsync(cid, Token))!;
            await tiers.Pool.ReadAsync(
                record.Key, record.Copies.Single(static copy => copy.Location == Pool), 0, new byte[1_000_000], Token);
        }
    }

    private static async Task<TieredNode> OpenAsync()
    {
        var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        return tiers;
    }

    private static async Task<Content.Cid> StoreAsync(TieredNode tiers, int size, DurabilityClass durability) =>
        (await tiers.Node.StoreAsync(
            Samples.Bytes(size, size), Token,
            StoreRequest.Default with { Class = durability, Level = ConsistencyLevel.Strong })).Cid;

    private static async Task<ScrubResult> ScrubAsync(TieredNode tiers, TimeSpan later)
    {
        tiers.Time.Advance(later);
        return await tiers.Node.Scrubber!.RunAsync(null, Token);
    }

    private static void Rot(TieredNode tiers, int shards)
    {
        for (var shard = 0; shard < shards; shard++)
        {
            foreach (var file in Directory.EnumerateFiles(
                tiers.PoolDirectory(shard), "*.blob", SearchOption.AllDirectories))
            {
                using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                stream.Position = 4096 + 1000;
                var value = stream.ReadByte();
                stream.Position--;
                stream.WriteByte((byte)(value ^ 0x40));
            }
        }
    }

    private static async Task<List<string>> ToldAsync(TieredNode tiers, ContentKey key)
    {
        var told = new List<string>();
        await foreach (var entry in tiers.Node.EventsAsync(Lsn.None, follow: false, Token))
        {
            if (ObjectHistory.KeyOf(entry.Event) == key
                && entry.Event is StorageEvent.CorruptionDetected or StorageEvent.Repaired)
            {
                told.Add(entry.Event.GetType().Name);
            }
        }

        return told;
    }

    private sealed class EndingProgress(CancellationTokenSource ending) : IProgress<ScrubResult>
    {
        public void Report(ScrubResult value) => ending.Cancel();
    }

    private static long DeviceReads() => File.ReadLines("/proc/self/io")
        .Where(line => line.StartsWith("read_bytes: ", StringComparison.Ordinal))
        .Select(line => long.Parse(line["read_bytes: ".Length..], CultureInfo.InvariantCulture)).Single();
}
