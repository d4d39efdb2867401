using CimStore.Locations;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using CimStore.Testing.Faults;
using CimStore.Testing.Memory;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CimStore.Tests.Locations;

public sealed class RetryingLocationTests
{
    private readonly SkippingTime _time = new();
    private readonly MemoryLocation _memory;

    public RetryingLocationTests() => _memory = Memories.Make(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LocationFault.Throttled, 3)]
    [InlineData(LocationFault.Offline, 3)]
    [InlineData(LocationFault.Unknown, 3)]
    [InlineData(LocationFault.Full, 1)]
    public async Task Reading_is_tried_again_but_not_where_there_is_no_room(LocationFault fault, int attempts)
    {
        var (key, copy) = await AdmitAsync();
        var counted = new CountedMishaps(new LocationMishap.Before(fault));
        var location = Retrying(counted.Plan, new RetryOptions { AttemptsMax = 3 });

        var thrown = await Assert.ThrowsAsync<LocationException>(
            async () => await location.ReadAsync(key, copy, 0, new byte[10], Token));

        Assert.Equal(fault, thrown.Fault);
        Assert.Equal(attempts, counted.Count);
    }

    [Theory]
    [InlineData(LocationFault.Throttled, 3)]
    [InlineData(LocationFault.Offline, 3)]
    [InlineData(LocationFault.Unknown, 1)]
    [InlineData(LocationFault.Full, 1)]
    public async Task Staging_is_tried_again_only_when_nothing_was_done(LocationFault fault, int attempts)
    {
        var counted = new CountedMishaps(new LocationMishap.Before(fault));
        var location = Retrying(counted.Plan, new RetryOptions { AttemptsMax = 3 });

        await Assert.ThrowsAsync<LocationException>(async () => await location.StageAsync(10, Token));

        Assert.Equal(attempts, counted.Count);
    }

    [Theory]
    [InlineData(LocationOperation.Write)]
    [InlineData(LocationOperation.WriteTree)]
    [InlineData(LocationOperation.Seal)]
    public async Task What_is_done_within_staged_content_is_not_tried_again(LocationOperation operation)
    {
        var plan = new LocationFaultPlan().At(
            operation, 0, new LocationMishap.Before(LocationFault.Throttled));
        var location = Retrying(plan, new RetryOptions());
        await using var staged = await location.StageAsync(null, Token);

        await Assert.ThrowsAsync<LocationException>(async () =>
            await staged.SealAsync(await LocationUnderTest.WriteAsync(staged, Samples.Bytes(100, 1), Token), Token));

        Assert.Empty(await _memory.ListCopiesAsync(null, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Damage_is_not_tried_again()
    {
        var (key, copy) = await AdmitAsync();
        _memory.Rot(key, copy, 0);
        var location = Retrying(new LocationFaultPlan(), new RetryOptions());

        await Assert.ThrowsAsync<IntegrityException>(
            async () => await location.ReadAsync(key, copy, 0, new byte[10], Token));

        Assert.Equal(0, _time.GetTimestamp());
    }

    [Fact]
    public void Delays_double_up_to_their_limit_and_chance_shortens_them_by_half_at_most()
    {
        var shares = new List<double>();
        for (var seed = 0; seed < 50; seed++)
        {
            var (time, options) = (new FakeTimeProvider(), new RetryOptions
            {
                AttemptsMax = 6,
                DelayFirst = TimeSpan.FromSeconds(1),
                DelayMax = TimeSpan.FromSeconds(5),
            });
            var attempts = new Attempts(options, time, new Random(seed).NextDouble);
            foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
            {
                var whole = TimeSpan.FromSeconds(seconds);
                Assert.True(attempts.TryNext(LocationFault.Offline, false, out var delay));
                Assert.InRange(delay, whole / 2, whole);
                shares.Add(delay / whole);
                time.Advance(delay);
            }

            Assert.False(attempts.TryNext(LocationFault.Offline, false, out _));
        }

        Assert.True(shares.Max() - shares.Min() > 0.4);
    }

    [Fact]
    public async Task No_attempt_begins_after_the_time_for_all_of_them()
    {
        var counted = new CountedMishaps(new LocationMishap.Before(LocationFault.Offline));
        var location = Retrying(counted.Plan, new RetryOptions
        {
            AttemptsMax = 100,
            DelayFirst = TimeSpan.FromSeconds(10),
            DelayMax = TimeSpan.FromSeconds(10),
            TotalMax = TimeSpan.FromSeconds(60),
        });

        await Assert.ThrowsAsync<LocationException>(async () => await location.MeasureSpaceAsync(Token));

        Assert.InRange(_time.GetElapsedTime(0), TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        Assert.InRange(counted.Count, 6, 13);
    }

    [Fact]
    public async Task Who_gives_up_waits_no_longer()
    {
        var time = new FakeTimeProvider();
        var plan = new LocationFaultPlan().While(() => true, new LocationMishap.Before(LocationFault.Offline));
        await using var location = new RetryingLocation(
            new FaultyLocation(_memory, plan, time), new RetryOptions(), time, new Random(1));
        using var giveUp = new CancellationTokenSource();

        var measuring = location.MeasureSpaceAsync(giveUp.Token).AsTask();
        Assert.False(measuring.IsCompleted);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => measuring);
    }

    [Fact]
    public async Task A_listing_that_breaks_off_again_and_again_gives_each_copy_once()
    {
        var expected = new List<(ContentKey Key, ulong Incarnation)>();
        for (var index = 0; index < 60; index++)
        {
            // Some contents have several copies here, among which it may break off, too.
            var (key, copy) = await AdmitAsync(index % 40);
            expected.Add((key, copy.Incarnation));
        }

        var mishap = new LocationMishap.After(LocationFault.Unknown);
        var plan = new LocationFaultPlan().At(LocationOperation.List, 0, mishap, count: 2);
        var location = Retrying(plan, new RetryOptions { AttemptsMax = 4 });

        var listed = await location.ListCopiesAsync(null, Token).ToListAsync(Token);

        Assert.Equal(
            expected.OrderBy(one => one.Key.Cid).ThenBy(one => one.Incarnation),
            listed.Select(held => (held.Manifest.Key, held.Manifest.Incarnation)));
    }

    [Fact]
    public async Task A_release_that_was_done_and_did_not_say_so_is_done_once_more()
    {
        var (key, copy) = await AdmitAsync();
        var plan = new LocationFaultPlan().At(
            LocationOperation.Release, 0, new LocationMishap.After(LocationFault.Unknown));

        await Retrying(plan, new RetryOptions()).ReleaseAsync(key, copy.Incarnation, Token);

        Assert.Null(await _memory.DescribeAsync(key, copy, Token));
    }

    private Task<(ContentKey Key, Copy Copy)> AdmitAsync(int seed = 1) => _memory.AdmitAsync(Samples.Bytes(100, seed));

    private RetryingLocation Retrying(LocationFaultPlan plan, RetryOptions options) =>
        new(new FaultyLocation(_memory, plan, _time), options, _time, new Random(1));

    /// <summary>Always the same mishap, counted.</summary>
    private sealed class CountedMishaps
    {
        public CountedMishaps(LocationMishap mishap) => Plan = new LocationFaultPlan().While(
            () =>
            {
                Count++;
                return true;
            },
            mishap);

        public LocationFaultPlan Plan { get; }

        public int Count { get; private set; }
    }
}
