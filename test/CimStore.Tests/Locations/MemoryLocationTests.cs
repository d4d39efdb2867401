using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Locations;

public sealed class MemoryLocationTests
{
    private readonly MemoryLocation _location = Memories.Make(new FakeTimeProvider(), parts: 4, partsNeeded: 2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_parts_as_are_to_spare_may_go_and_healing_brings_them_back()
    {
        var content = Samples.Bytes(2_000_000, 1);
        var (key, copy) = await _location.AdmitAsync(content);
        _location.Lose(key, copy, 0);
        _location.Rot(key, copy, 3);

        Assert.Equal(content, await ReadAsync(key, copy, content.Length));
        Assert.Equal((key, copy.Incarnation), Assert.Single(_location.TakeDegraded()));
        var condition = await _location.InspectAsync(key, copy, null, Token);
        Assert.Equal((4, 2, 2), (condition!.Parts, condition.PartsIntact, condition.PartsNeeded));
        Assert.Equal(["Part 0 is missing.", "Part 3 is damaged."], condition.Faults);
        Assert.Equal(3, (await _location.DescribeAsync(key, copy, Token))!.Parts);

        Assert.True((await _location.HealAsync(key, copy, null, Token))!.IsWhole);
        Assert.Equal(content, await ReadAsync(key, copy, content.Length));
        Assert.Empty(_location.TakeDegraded());
    }

    [Fact]
    public async Task With_one_more_gone_it_is_damaged_for_good()
    {
        var (key, copy) = await _location.AdmitAsync(Samples.Bytes(1000, 1));
        _location.Lose(key, copy, 0, 1);
        _location.Rot(key, copy, 2);

        await Assert.ThrowsAsync<IntegrityException>(async () => await ReadAsync(key, copy, 1000));
        Assert.False((await _location.HealAsync(key, copy, null, Token))!.IsReadable);
        await Assert.ThrowsAsync<IntegrityException>(async () => await ReadAsync(key, copy, 1000));
    }

    [Fact]
    public async Task A_copy_without_any_part_is_absent()
    {
        var (key, copy) = await _location.AdmitAsync(Samples.Bytes(1000, 1));

        _location.Lose(key, copy, 0, 1, 2, 3);

        Assert.Null(await ReadAsync(key, copy, 1000));
        Assert.Null(await _location.HealAsync(key, copy, null, Token));
        Assert.Empty(await _location.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_has_no_room_is_refused_until_room_is_given_back()
    {
        var location = Memories.Make(new FakeTimeProvider(), capacityBytes: 2500);
        var (key, copy) = await location.AdmitAsync(Samples.Bytes(2000, 1));

        var fault = await Assert.ThrowsAsync<LocationException>(() => location.AdmitAsync(Samples.Bytes(600, 2)));
        await location.ReleaseAsync(key, copy.Incarnation, Token);
        await Assert.ThrowsAsync<LocationException>(() => location.AdmitAsync(Samples.Bytes(600, 2)));

        Assert.Equal(LocationFault.Full, fault.Fault);
        Assert.Equal(2000, await location.TidyAsync(Token));
        await location.AdmitAsync(Samples.Bytes(600, 2));
        Assert.Equal(new LocationSpace(2500, 1900, 600), await location.MeasureSpaceAsync(Token));
    }

    private async Task<byte[]?> ReadAsync(ContentKey key, Copy copy, int size)
    {
        var bytes = new byte[size];
        return await _location.ReadAsync(key, copy, 0, bytes, Token) is { } read ? bytes[..read] : null;
    }

    public sealed class WholeTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync() =>
            new(new LocationUnderTest(Memories.Make(new FakeTimeProvider())));
    }

    public sealed class InPartsTests : KeptCopiesContract
    {
        protected override ValueTask<LocationUnderTest> OpenAsync() =>
            new(new LocationUnderTest(Memories.Make(new FakeTimeProvider(), parts: 8, partsNeeded: 4)));
    }
}
