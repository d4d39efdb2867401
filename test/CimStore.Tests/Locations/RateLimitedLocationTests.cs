using CimStore.Locations;
using CimStore.Testing.Contracts;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Locations;

public sealed class RateLimitedLocationTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryLocation _memory;

    public RateLimitedLocationTests() => _memory = Memories.Make(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_wait_until_they_are_paid_for()
    {
        var (key, copy) = await AdmitAsync(3000);
        var location = Limited(new RateLimits { BytesPerSecondMax = 1000 });
        _time.Advance(TimeSpan.FromSeconds(100));

        Assert.Equal(1000, await location.ReadAsync(key, copy, 0, new byte[1000], Token));
        var waiting = location.ReadAsync(key, copy, 1000, new byte[2000], Token).AsTask();
        await AssertDoneAfterAsync(waiting, TimeSpan.FromSeconds(2));

        Assert.Equal(2000, await waiting);
    }

    [Fact]
    public async Task Operations_wait_for_one_another_in_their_order()
    {
        var location = Limited(new RateLimits { OperationsPerSecondMax = 2 });

        var waiting = Enumerable.Range(0, 4)
            .Select(_ => location.MeasureSpaceAsync(Token).AsTask()).ToList();

        foreach (var one in waiting)
        {
            await AssertDoneAfterAsync(one, TimeSpan.FromSeconds(0.5));
        }
    }

    [Fact]
    public async Task Writing_is_paid_for_by_content_and_tree()
    {
        var location = Limited(new RateLimits { BytesPerSecondMax = 1000 });
        await using var staged = await location.StageAsync(null, Token);

        await AssertDoneAfterAsync(staged.WriteAsync(new byte[500], Token).AsTask(), TimeSpan.FromSeconds(0.5));
        await AssertDoneAfterAsync(staged.WriteTreeAsync(new byte[64], Token).AsTask(), TimeSpan.FromSeconds(0.064));
    }

    [Fact]
    public async Task What_was_asked_for_and_not_there_costs_nothing()
    {
        var (key, copy) = await AdmitAsync(10);
        var location = Limited(new RateLimits { BytesPerSecondMax = 1000 });
        _time.Advance(TimeSpan.FromSeconds(1));

        for (var round = 0; round < 50; round++)
        {
            Assert.Equal(10, await location.ReadAsync(key, copy, 0, new byte[500], Token));
        }
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_nothing()
    {
        var (key, copy) = await AdmitAsync(3000);
        var location = Limited(new RateLimits { BytesPerSecondMax = 1000 });
        for (var round = 0; round < 50; round++)
        {
            using var giveUp = new CancellationTokenSource();
            var waiting = location.ReadAsync(key, copy, 0, new byte[3000], giveUp.Token).AsTask();
            Assert.False(waiting.IsCompleted);
            await giveUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        var last = location.ReadAsync(key, copy, 0, new byte[1000], Token).AsTask();
        await AssertDoneAfterAsync(last, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task An_inspection_pays_for_what_it_reads()
    {
        var (key, copy) = await AdmitAsync(3000);
        var location = Limited(new RateLimits { BytesPerSecondMax = 1000 });

        await AssertDoneAfterAsync(location.InspectAsync(key, copy, null, Token).AsTask(), TimeSpan.FromSeconds(3));
        await AssertDoneAfterAsync(location.HealAsync(key, copy, null, Token).AsTask(), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_wait_longer_than_a_timer_can_count_is_waited_for()
    {
        var location = Limited(new RateLimits { BytesPerSecondMax = 1 });
        await using var staged = await location.StageAsync(null, Token);

        var waiting = staged.WriteAsync(new byte[6_000_000], Token).AsTask();
        for (var day = 0; day < 69; day++)
        {
            Assert.False(waiting.IsCompleted);
            _time.Advance(TimeSpan.FromDays(1));
        }

        await AssertDoneAfterAsync(waiting, TimeSpan.FromSeconds(6_000_000 - (69 * 86_400)));
    }

    [Fact]
    public async Task Time_without_use_is_worth_a_second()
    {
        var location = Limited(new RateLimits { OperationsPerSecondMax = 10 });
        _time.Advance(TimeSpan.FromHours(1));

        var waiting = Enumerable.Range(0, 12).Select(_ => location.MeasureSpaceAsync(Token).AsTask()).ToList();

        Assert.Equal(10, waiting.Count(one => one.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await Task.WhenAll(waiting);
    }

    private async Task AssertDoneAfterAsync(Task waiting, TimeSpan delay)
    {
        _time.Advance(delay - TimeSpan.FromMilliseconds(2));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await waiting;
    }

    private RateLimitedLocation Limited(RateLimits limits) => new(_memory, limits, _time);

    private Task<(ContentKey Key, Copy Copy)> AdmitAsync(int size) => _memory.AdmitAsync(Samples.Bytes(size, size));
}
