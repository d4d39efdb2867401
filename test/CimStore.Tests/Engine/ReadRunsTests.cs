using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Xunit;
using static CimStore.Tests.Engine.CopiesInMemory;

namespace CimStore.Tests.Engine;

/// <summary>Content that several threads read at once, from a location that fails amid it.</summary>
public sealed class ReadRunsTests
{
    private const int RunBytes = 256 << 10;

    private static readonly IdSource Ids = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData((1 << 20) + 17, 0)]
    [InlineData((1 << 20) + 17, 3)]
    [InlineData(3_000_000, 2)]
    [InlineData(3_000_000, 9)]
    [InlineData(1 << 20, 2)]
    public async Task What_lies_before_a_failure_is_given_out(int size, int run)
    {
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var failing = new FailingLocation(first, run * RunBytes);
        await using var node = await OpenAsync(first, failing);
        var content = Samples.Bytes(size, 1);
        var stored = await StoreAsync(node, content);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var reader = await node.OpenAsync(stored.Cid, RetrieveRequest.Default, Token);

        await Assert.ThrowsAsync<LocationException>(
            async () => await reader!.CopyToAsync(pipe.Writer, 0, size, Token));

        // Content up to the inline limit is proved as a whole only.
        var given = size > 1 << 20 ? content[..(run * RunBytes)] : [];
        await pipe.Writer.CompleteAsync();
        Assert.Equal(given, (await pipe.Reader.ReadAtLeastAsync(size, Token)).Buffer.ToArray());
    }

    [Theory]
    [InlineData((1 << 20) + 17, 1)]
    [InlineData(5_000_000, 4)]
    [InlineData(1 << 20, 0)]
    public async Task Another_copy_takes_over_without_asking_the_failed_one_for_all_that_is_left(int size, int run)
    {
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var second = new MemoryStore(TimeProvider.System, Ids, "warm", 1 << 20);
        var failing = new FailingLocation(first, run * RunBytes);
        await using var node = await OpenAsync(first, failing, second);
        var content = Samples.Bytes(size, 2);
        var stored = await StoreAsync(node, content);
        await ReplicateAsync(first, second, stored);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var reader = await node.OpenAsync(stored.Cid, RetrieveRequest.Default, Token);

        await reader!.CopyToAsync(pipe.Writer, 0, size, Token);

        await pipe.Writer.CompleteAsync();
        Assert.Equal(content, (await pipe.Reader.ReadAtLeastAsync(size, Token)).Buffer.ToArray());
        Assert.InRange(failing.Failures, 1, Environment.ProcessorCount);
    }

    /// <summary>It is found wrong once, and all of it that is right can still be had.</summary>
    [Fact]
    public async Task The_right_part_of_the_only_copy_is_given_out_after_it_was_found_wrong()
    {
        const int Size = 3_000_000;
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        await using var node = await OpenAsync(first, first);
        var content = Samples.Bytes(Size, 3);
        var stored = await StoreAsync(node, content);
        var (bytes, tree) = first.Take(stored.Receipt.Lsn.Value);
        first.Plant(stored.Receipt.Lsn.Value, Damaged(bytes, 2_000_000), [.. tree]);

        await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(node, stored, 0, Size));
        var before = await ReadAsync(node, stored, 0, 1_500_000);
        var after = await ReadAsync(node, stored, 2_900_000, 100_000);

        Assert.Equal(content[..1_500_000], before);
        Assert.Equal(content[2_900_000..], after);
        var record = await node.StatAsync(stored.Cid, Token);
        Assert.Equal(CopyState.Quarantined, Assert.Single(record!.Copies).State);
        await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(node, stored, 1_990_000, 20_000));
    }

    [Fact]
    public async Task Two_copies_that_are_wrong_in_different_places_give_the_whole()
    {
        const int Size = 5_000_000;
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var second = new MemoryStore(TimeProvider.System, Ids, "warm", 1 << 20);
        await using var node = await OpenAsync(first, first, second);
        var content = Samples.Bytes(Size, 4);
        var stored = await StoreAsync(node, content);
        await ReplicateAsync(first, second, stored);
        var (bytes, tree) = first.Take(stored.Receipt.Lsn.Value);
        first.Plant(stored.Receipt.Lsn.Value, Damaged(bytes, 1_000_000), [.. tree]);
        second.Plant(77, Damaged(bytes, 4_000_000), [.. tree]);

        Assert.Equal(content, await ReadAsync(node, stored, 0, Size));
        Assert.Equal(content, await ReadAsync(node, stored, 0, Size));
        var record = await node.StatAsync(stored.Cid, Token);
        Assert.All(record!.Copies, copy => Assert.Equal(CopyState.Quarantined, copy.State));
    }

    /// <summary>Nothing is known of its bytes: it is away, not wrong.</summary>
    [Fact]
    public async Task A_copy_at_a_location_that_is_not_bound_is_not_found_wrong()
    {
        const int Size = 2_000_000;
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var gone = new MemoryStore(TimeProvider.System, Ids, "warm", 1 << 20);
        await using var node = await OpenAsync(first, first);
        var stored = await StoreAsync(node, Samples.Bytes(Size, 5));
        await ReplicateAsync(first, gone, stored);
        var (bytes, tree) = first.Take(stored.Receipt.Lsn.Value);
        first.Plant(stored.Receipt.Lsn.Value, Damaged(bytes, 0), [.. tree]);

        var fault = await Assert.ThrowsAsync<LocationException>(() => ReadAsync(node, stored, 0, Size));
        var verdict = await node.VerifyAsync(stored.Cid, Token);

        Assert.Contains("warm is not part of this node: bind it", fault.Message, StringComparison.Ordinal);
        Assert.False(verdict!.IsWhole);
        Assert.Equal(
            [("hot", false), ("warm", true)], verdict.Copies.Select(copy => (copy.Location.Name, copy.IsUnread)));
        var record = await node.StatAsync(stored.Cid, Token);
        Assert.Equal(
            [("hot", CopyState.Quarantined), ("warm", CopyState.Verified)],
            record!.Copies.Select(copy => (copy.Location.Name, copy.State)).Order());
    }

    /// <summary>Nothing is known of the copy that is away, and all of the others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_copy_that_is_away_is_unread_and_the_others_are_judged(bool isOtherWrong)
    {
        var first = new MemoryStore(TimeProvider.System, Ids, "hot", 1 << 20);
        var second = new MemoryStore(TimeProvider.System, Ids, "warm", 1 << 20);
        await using var node = await OpenAsync(first, new FailingLocation(first, 0), second);
        var stored = await StoreAsync(node, Samples.Bytes(2_000_000, 5));
        await ReplicateAsync(first, second, stored);
        if (isOtherWrong)
        {
            var (bytes, tree) = second.Take(77);
            second.Plant(77, Damaged(bytes, 0), [.. tree]);
        }

        var verdict = await node.VerifyAsync(stored.Cid, Token);

        Assert.False(verdict!.IsWhole);
        Assert.Equal(isOtherWrong, verdict.IsBad);
        Assert.Equal(("hot", false, true, "It does not answer."), (
            verdict.Copies[0].Location.Name, verdict.Copies[0].IsRight, verdict.Copies[0].IsUnread,
            verdict.Copies[0].Detail));
        Assert.Equal(("warm", !isOtherWrong, false), (
            verdict.Copies[1].Location.Name, verdict.Copies[1].IsRight, verdict.Copies[1].IsUnread));
        var sent = JsonSerializer.Serialize(verdict, WireJson.Of<VerifyResult>());
        var received = JsonSerializer.Deserialize(sent, WireJson.Of<VerifyResult>());
        Assert.Equal(verdict.Copies, received!.Copies);
        var record = await node.StatAsync(stored.Cid, Token);
        Assert.Equal(
            [("hot", CopyState.Verified), ("warm", isOtherWrong ? CopyState.Quarantined : CopyState.Verified)],
            record!.Copies.Select(copy => (copy.Location.Name, copy.State)));
    }

    private static byte[] Damaged(IEnumerable<byte> bytes, int at)
    {
        byte[] damaged = [.. bytes];
        damaged[at] ^= 1;
        return damaged;
    }

    /// <summary>Nothing from an offset on can be read, and it takes a while to say so.</summary>
    private sealed class FailingLocation(MemoryStore inner, long from) : LocationOver(inner)
    {
        private int _failures;

        public int Failures => _failures;

        public override async ValueTask<int?> ReadAsync(
            ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (offset < from)
            {
                return await base.ReadAsync(key, copy, offset, destination, cancellationToken);
            }

            Interlocked.Increment(ref _failures);
            await Task.Delay(20, cancellationToken);
            throw new LocationException(LocationFault.Offline, "It does not answer.");
        }
    }
}
