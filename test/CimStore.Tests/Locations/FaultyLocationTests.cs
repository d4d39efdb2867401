using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Locations;

public sealed class FaultyLocationTests
{
    private static readonly LocationOperation[] Reads = [LocationOperation.Read];

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryLocation _memory;

    public FaultyLocationTests() => _memory = Memories.Make(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_seed_fails_the_same_whatever_the_order()
    {
        var contents = Enumerable.Range(0, 40).Select(seed => Samples.Bytes(100 + seed, seed)).ToList();
        var copies = new List<(ContentKey Key, Copy Copy)>();
        foreach (var content in contents)
        {
            copies.Add(await _memory.AdmitAsync(content));
        }

        async Task<HashSet<string>> FailuresAsync(int seed, IEnumerable<(ContentKey Key, Copy Copy)> order)
        {
            var plan = new LocationFaultPlan().Seeded(
                seed, oneIn: 3, Reads, new LocationMishap.Before(LocationFault.Offline));
            var location = new FaultyLocation(_memory, plan, _time);
            var failed = new HashSet<string>();
            foreach (var (key, copy) in order)
            {
                for (var attempt = 0; attempt < 3; attempt++)
                {
                    try
                    {
                        await location.ReadAsync(key, copy, 0, new byte[10], Token);
                    }
                    catch (LocationException)
                    {
                        failed.Add($"{key.Cid} {attempt}");
                    }
                }
            }

            return failed;
        }

        var first = await FailuresAsync(7, copies);
        var second = await FailuresAsync(7, Enumerable.Reverse(copies));
        var other = await FailuresAsync(8, copies);

        Assert.InRange(first.Count, 20, 60);
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first.Order(), other.Order());
    }

    [Fact]
    public async Task A_seal_that_fails_after_it_took_effect_leaves_a_copy_that_nobody_was_told_of()
    {
        var location = Faulty(LocationOperation.Seal, new LocationMishap.After(LocationFault.Unknown));

        await Assert.ThrowsAsync<LocationException>(
            () => location.AdmitAsync(Samples.Bytes(10, 1)));

        Assert.Single(await _memory.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_full_location_takes_nothing_and_reads_on()
    {
        var content = Samples.Bytes(10, 1);
        var location = Faulty(LocationOperation.Stage, LocationMishap.Full, attempt: 1);
        var (_, copy) = await location.AdmitAsync(content);

        var fault = await Assert.ThrowsAsync<LocationException>(
            () => location.AdmitAsync(content));

        Assert.Equal(LocationFault.Full, fault.Fault);
        Assert.Equal(content, await ReadAsync(location, content, copy));
    }

    [Fact]
    public async Task A_liar_gives_one_other_bit_and_the_next_time_the_truth()
    {
        var content = Samples.Bytes(10, 1);
        var location = Faulty(LocationOperation.Read, new LocationMishap.Lie(83));
        var (_, copy) = await location.AdmitAsync(content);

        var told = await ReadAsync(location, content, copy);

        Assert.NotEqual(content, told);
        told[0] ^= 0b1000;
        Assert.Equal(content, told);
        Assert.Equal(content, await ReadAsync(location, content, copy));
    }

    [Fact]
    public async Task A_read_may_be_cut_short()
    {
        var content = Samples.Bytes(10, 1);
        var location = Faulty(LocationOperation.Read, new LocationMishap.CutShort(4));
        var (_, copy) = await location.AdmitAsync(content);

        Assert.Equal(content[..4], await ReadAsync(location, content, copy));
        Assert.Equal(content, await ReadAsync(location, content, copy));
    }

    [Fact]
    public async Task What_stalls_goes_on_when_its_time_has_come()
    {
        var content = Samples.Bytes(10, 1);
        var location = Faulty(LocationOperation.Read, new LocationMishap.Stall(TimeSpan.FromHours(1)));
        var (_, copy) = await location.AdmitAsync(content);

        var reading = ReadAsync(location, content, copy);
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(content, await reading);
    }

    private FaultyLocation Faulty(LocationOperation operation, LocationMishap mishap, int attempt = 0) =>
        new(_memory, new LocationFaultPlan().At(operation, attempt, mishap), _time);

    private static async Task<byte[]> ReadAsync(FaultyLocation location, byte[] content, Copy copy)
    {
        var bytes = new byte[content.Length];
        var read = await location.ReadAsync(ContentKey.Shared(Samples.CidOf(content)), copy, 0, bytes, Token);
        return bytes[..(read ?? 0)];
    }
}
