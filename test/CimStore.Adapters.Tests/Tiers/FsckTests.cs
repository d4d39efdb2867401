using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Tiers;

/// <summary>The catalog and what lies at the locations, compared both ways, on the real disk.</summary>
public sealed class FsckTests
{
    private const int Size = 50_000;

    private static readonly FsckRequest Look = new();
    private static readonly FsckRequest Mend = new() { IsMending = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_where_both_sides_agree_is_well()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, 0, DurabilityClass.Standard);
        await StoreAsync(tiers, Size, DurabilityClass.Standard);
        await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        await tiers.CycleAsync(TimeSpan.FromDays(8));

        var found = await FsckAsync(tiers, Look);

        Assert.Equal(["records", "pool", "cold"], found.Select(one => one.What));
        Assert.All(found, one => Assert.True(one.IsWell, one.Detail));
        Assert.StartsWith("3 copies of 2", found[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_a_crash_left_before_its_entry_is_told_of_and_released_when_asked()
    {
        await using var tiers = await OpenAsync();
        var record = await StoreAsync(tiers, Size, DurabilityClass.Standard);
        var before = await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token);
        await SealAsync(tiers.Pool, Samples.Bytes(Size, Size), record.Key.Cid);

        var told = await FsckAsync(tiers, Look);
        var kept = await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token);
        var mended = await FsckAsync(tiers, Mend);
        var again = await FsckAsync(tiers, Look);

        Assert.Contains(told, one => one is { What: "pool", IsWell: false }
            && one.Detail.Contains("--repair releases it", StringComparison.Ordinal));
        Assert.Equal(before + 1, kept);
        Assert.All(mended, one => Assert.True(one.IsWell, one.Detail));
        Assert.Contains(mended, one => one.Detail.Contains("released", StringComparison.Ordinal));
        Assert.Equal(before, await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token));
        Assert.Equal(3, again.Count);
        Assert.True((await tiers.Node.VerifyAsync(record.Key.Cid, Token))!.IsWhole);
    }

    [Fact]
    public async Task A_copy_of_an_object_that_is_in_use_is_left_alone()
    {
        await using var tiers = await OpenAsync();
        var record = await StoreAsync(tiers, Size, DurabilityClass.Standard);
        await SealAsync(tiers.Pool, Samples.Bytes(Size, Size), record.Key.Cid);
        var before = await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token);

        List<CheckStep.Found> found;
        await using (await tiers.Node.OpenAsync(record.Key.Cid, RetrieveRequest.Default, Token))
        {
            found = await FsckAsync(tiers, Mend);
        }

        Assert.Equal(3, found.Count);
        Assert.Equal(before, await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token));
    }

    [Fact]
    public async Task A_copy_of_an_object_the_catalog_never_heard_of_is_kept_until_somebody_says_otherwise()
    {
        await using var tiers = await OpenAsync();
        var bytes = Samples.Bytes(Size, 77);
        await SealAsync(tiers.Pool, bytes, Root(bytes));

        var mended = await FsckAsync(tiers, Mend);
        var kept = await tiers.Pool.ListCopiesAsync(null, Token).CountAsync(Token);
        var released = await FsckAsync(tiers, Mend with { ReleasesUnknown = true });

        Assert.Contains(mended, one => !one.IsWell && one.Detail.Contains("never heard of", StringComparison.Ordinal));
        Assert.Equal(1, kept);
        Assert.All(released, one => Assert.True(one.IsWell, one.Detail));
        Assert.Empty(await tiers.Pool.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_copy_that_is_missing_is_told_of_and_made_again_from_another()
    {
        await using var tiers = await OpenAsync();
        var record = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        await tiers.Pool.ReleaseAsync(record.Key, CopyAt(record, tiers.Pool.Id).Incarnation, Token);

        var told = await FsckAsync(tiers, Look);
        var mended = await FsckAsync(tiers, Mend);

        Assert.Contains(told, one => one is { What: "records", IsWell: false }
            && one.Detail.Contains("the copy at pool is missing", StringComparison.Ordinal));
        Assert.All(mended, one => Assert.True(one.IsWell, one.Detail));
        Assert.True((await tiers.Node.VerifyAsync(record.Key.Cid, Token))!.IsWhole);
        Assert.All(await FsckAsync(tiers, Look), one => Assert.True(one.IsWell, one.Detail));
    }

    [Fact]
    public async Task A_copy_that_was_made_without_all_its_parts_counts_for_less_until_they_are_made()
    {
        await using var tiers = await OpenAsync();
        var lost = Directory.CreateTempSubdirectory("cimstore-lost-").FullName;
        for (var shard = 5; shard < 8; shard++)
        {
            Directory.Move(tiers.PoolDirectory(shard), Path.Combine(lost, $"d{shard}"));
        }

        var stored = await tiers.Node.StoreAsync(
            Samples.Bytes(Size, Size), Token,
            StoreRequest.Default with { Class = DurabilityClass.Critical, Level = ConsistencyLevel.Strong });
        var record = (await tiers.Node.StatAsync(stored.Cid, Token))!;
        var atLeast = new ReplicateRequest(3, CommandIdentity.None) { IsAtLeast = true };
        var few = await tiers.Node.ReplicateAsync(stored.Cid, atLeast, Token);
        var thin = await FsckAsync(tiers, Look);
        for (var shard = 5; shard < 8; shard++)
        {
            Directory.Move(Path.Combine(lost, $"d{shard}"), tiers.PoolDirectory(shard));
        }

        await tiers.ReopenAsync();
        var mended = await FsckAsync(tiers, Mend);

        var many = await tiers.Node.ReplicateAsync(stored.Cid, atLeast, Token);

        // The log is one, and five shards survive one loss: three in all, where eight shards make it six.
        Assert.Equal(
            ["hot 1", "pool 5"], stored.Receipt.Copies.Select(copy => $"{copy.Location} {copy.Shards}"));
        Assert.Equal((3, 6), (few.EffectiveCopies, many.EffectiveCopies));
        Assert.Contains(thin, one => one is { What: "records", IsWell: false }
            && one.Detail.Contains("has 5 of 8 parts", StringComparison.Ordinal));
        Assert.All(mended, one => Assert.True(one.IsWell, one.Detail));
        Assert.Contains(mended, one => one.Detail.Contains("made again", StringComparison.Ordinal));
        Assert.Equal(8, (await tiers.Pool.DescribeAsync(record.Key, CopyAt(record, tiers.Pool.Id), Token))!.Parts);
        Directory.Delete(lost, recursive: true);
    }

    [Fact]
    public async Task The_last_bytes_of_an_object_are_taken_back_although_no_record_named_them()
    {
        await using var tiers = await OpenAsync();
        var bytes = Samples.Bytes(Size, Size);
        var stored = await StoreAsync(tiers, Size, DurabilityClass.Ephemeral);
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        var record = (await tiers.Node.StatAsync(stored.Key.Cid, Token))!;
        await SealAsync(tiers.Cold, bytes, record.Key.Cid);
        await tiers.Pool.ReleaseAsync(record.Key, CopyAt(record, tiers.Pool.Id).Incarnation, Token);

        var first = await FsckAsync(tiers, Mend);
        var second = await FsckAsync(tiers, Mend);

        Assert.Contains(first, one => one is { What: "records", IsWell: false });
        Assert.Contains(first, one => one is { What: "cold", IsWell: true }
            && one.Detail.Contains("taken back", StringComparison.Ordinal));
        Assert.All(second, one => Assert.True(one.IsWell, one.Detail));
        var read = new byte[Size + 1];
        Assert.Equal(Size, await tiers.Node.ReadAsync(record.Key.Cid, RetrieveRequest.Default, 0, read, Token));
        Assert.Equal(bytes, read[..Size]);
    }

    [Fact]
    public async Task Bytes_that_no_record_names_are_taken_back_while_the_named_copy_cannot_be_read()
    {
        await using var tiers = await OpenAsync();
        var stored = await StoreAsync(tiers, Size, DurabilityClass.Ephemeral);
        await tiers.CycleAsync(TimeSpan.FromDays(8));
        await SealAsync(tiers.Cold, Samples.Bytes(Size, Size), stored.Key.Cid);
        for (var shard = 0; shard < 5; shard++)
        {
            Directory.Delete(tiers.PoolDirectory(shard), recursive: true);
        }

        var found = await FsckAsync(tiers, Mend);

        Assert.Contains(found, one => one is { What: "cold", IsWell: true }
            && one.Detail.Contains("taken back", StringComparison.Ordinal));
        Assert.Single(await tiers.Cold.ListCopiesAsync(null, Token).ToListAsync(Token));
        var read = new byte[Size];
        Assert.Equal(Size, await tiers.Node.ReadAsync(stored.Key.Cid, RetrieveRequest.Default, 0, read, Token));
        Assert.Equal(Samples.Bytes(Size, Size), read);
    }

    [Fact]
    public async Task A_copy_that_cannot_say_what_it_is_ends_neither_the_comparison_nor_a_cycle()
    {
        await using var tiers = await OpenAsync();
        var stored = await StoreAsync(tiers, Size, DurabilityClass.Ephemeral);
        var other = await StoreAsync(tiers, Size + 1, DurabilityClass.Ephemeral);
        await tiers.CycleAsync(TimeSpan.FromDays(31));
        var record = (await tiers.Node.StatAsync(stored.Key.Cid, Token))!;
        Damage(tiers.ColdDirectory, Samples.Bytes(Size, Size));
        await tiers.ReopenAsync();

        var found = await FsckAsync(tiers, Mend);
        var scrubbed = await tiers.Node.Scrubber!.RunAllAsync(null, Token);

        Assert.Equal("cold", Assert.Single(record.Copies).Location.Name);
        Assert.Contains(found, one => one is { What: "records", IsWell: false }
            && one.Detail.StartsWith(stored.Key.Cid.ToString(), StringComparison.Ordinal));
        Assert.Equal("cold", found[^1].What);
        Assert.True(scrubbed.Hopeless == 1 && scrubbed.Objects == 2);
        Assert.True((await tiers.Node.VerifyAsync(other.Key.Cid, Token))!.IsWhole);
    }

    [Fact]
    public async Task Parts_that_could_not_be_written_are_a_debt_that_outlives_the_process_and_is_paid()
    {
        await using var tiers = await OpenAsync();
        await StoreAsync(tiers, Size, DurabilityClass.Ephemeral);
        var away = tiers.PoolDirectory(6) + ".away";
        Directory.Move(tiers.PoolDirectory(6), away);
        await tiers.ReopenAsync();

        await tiers.CycleAsync(TimeSpan.FromDays(8));
        var owed = await tiers.Node.DebtsAsync(10, Token);
        await tiers.ReopenAsync();
        var still = await tiers.Node.DebtsAsync(10, Token);
        Directory.Move(away, tiers.PoolDirectory(6));
        await tiers.ReopenAsync();
        var cycle = await tiers.CycleAsync(TimeSpan.FromHours(1));

        Assert.True(Assert.Single(owed).Debt.LacksParts);
        Assert.Equal(owed[0].Key, Assert.Single(still).Key);
        Assert.Equal((1, 0), (cycle.DebtsPaid, cycle.DebtsLeft));
        Assert.Empty(await tiers.Node.DebtsAsync(10, Token));
        Assert.All(await FsckAsync(tiers, Look), one => Assert.True(one.IsWell, one.Detail));
    }

    [Fact]
    public async Task No_copy_is_given_up_for_one_that_is_not_there()
    {
        await using var tiers = await OpenAsync();
        var stored = await StoreAsync(tiers, 2_000_000, DurabilityClass.Standard);
        await tiers.Pool.ReleaseAsync(stored.Key, CopyAt(stored, tiers.Pool.Id).Incarnation, Token);

        var refused = await Assert.ThrowsAsync<LocationException>(() => tiers.Node.MigrateAsync(
            stored.Key.Cid, new MigrateRequest(StorageTier.Warm, CommandIdentity.None), Token).AsTask());
        var record = (await tiers.Node.StatAsync(stored.Key.Cid, Token))!;
        await FsckAsync(tiers, Mend);
        var moved = await tiers.Node.MigrateAsync(
            stored.Key.Cid, new MigrateRequest(StorageTier.Warm, CommandIdentity.None), Token);

        Assert.Contains("stays where it is", refused.Message, StringComparison.Ordinal);
        Assert.Equal(stored.Copies, record.Copies);
        Assert.True(moved.Changed);
        Assert.True((await tiers.Node.VerifyAsync(stored.Key.Cid, Token))!.IsWhole);
    }

    [Fact]
    public async Task A_run_goes_on_where_an_earlier_one_was_cut()
    {
        await using var tiers = await OpenAsync();
        var one = Samples.Bytes(Size, 1);
        var other = Samples.Bytes(Size, 2);
        Cid[] cids = [.. new[] { one, other }.Select(bytes => Root(bytes))
            .OrderBy(cid => cid.ToString(), StringComparer.Ordinal)];
        await SealAsync(tiers.Pool, one, Root(one));
        await SealAsync(tiers.Pool, other, Root(other));

        var found = await FsckAsync(tiers, Look with { After = $"pool:{cids[0]}" });
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => FsckAsync(tiers, Look with { After = "nowhere:abc" }));

        Assert.Equal(["pool", "pool", "cold"], found.Select(step => step.What));
        Assert.StartsWith(cids[1].ToString(), found[0].Detail, StringComparison.Ordinal);
        Assert.Equal("fsck-cursor", refused.Refusal.Code);
    }

    private static async Task<TieredNode> OpenAsync()
    {
        var tiers = new TieredNode(MigrationPolicies.SeedV1);
        await tiers.OpenAsync();
        return tiers;
    }

    private static async Task<ObjectRecord> StoreAsync(TieredNode tiers, int size, DurabilityClass durability)
    {
        var stored = await tiers.Node.StoreAsync(
            Samples.Bytes(size, size), Token,
            StoreRequest.Default with { Class = durability, Level = ConsistencyLevel.Strong });
        return (await tiers.Node.StatAsync(stored.Cid, Token))!;
    }

    /// <summary>What a process leaves that is killed between the seal and the entry.</summary>
    private static async Task SealAsync(ILocation location, byte[] bytes, Cid cid)
    {
        await using var staged = await location.StageAsync(bytes.Length, Token);
        await staged.WriteAsync(bytes, Token);
        await staged.SealAsync(
            new CopyManifest(ContentKey.Shared(cid), bytes.Length, Root(bytes)), Token);
    }

    /// <summary>Flips a bit in the middle of the bytes, wherever they lie in a file of the folder.</summary>
    private static void Damage(string folder, byte[] bytes)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(static path => Path.GetFileName(path) != "lock"))
        {
            using var stream = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var file = new byte[stream.Length];
            stream.ReadExactly(file);
            var at = file.AsSpan().IndexOf(bytes.AsSpan(0, 1000));
            if (at >= 0)
            {
                stream.Position = at + 500;
                stream.WriteByte((byte)(bytes[500] ^ 1));
                return;
            }
        }

        Assert.Fail($"The bytes are nowhere in {folder}.");
    }

    private static Cid Root(byte[] bytes)
    {
        var digest = new byte[Blake3.HashSizeBytes];
        Blake3.Hash(bytes, digest);
        return Cid.ForRaw(digest);
    }

    private static Copy CopyAt(ObjectRecord record, LocationId location) =>
        record.Copies.Single(copy => copy.Location == location);

    private static async Task<List<CheckStep.Found>> FsckAsync(TieredNode tiers, FsckRequest request)
    {
        var found = new List<CheckStep.Found>();
        await foreach (var step in tiers.Node.FsckAsync(request, Token))
        {
            if (step is CheckStep.Found one)
            {
                found.Add(one);
            }
        }

        return found;
    }
}
