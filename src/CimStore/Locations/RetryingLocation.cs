using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace CimStore.Locations;

/// <summary>
/// Another location, whose failed operations are tried again where that may help: after <c>Throttled</c> and
/// <c>Offline</c>, when nothing was done; after <c>Unknown</c> only what may be done twice. Never after <c>Full</c>,
/// and never what was found damaged. Throws what the last attempt threw. Disposes of the other location with itself.
/// </summary>
/// <remarks>
/// Writing into staged content, and sealing it, is not tried again: only its sender has the bytes. A listing goes on
/// behind what it gave, and each copy that it gives begins the attempts anew.
/// </remarks>
public sealed class RetryingLocation(ILocation inner, RetryOptions options, TimeProvider time, Random chance)
    : ILocation, IAsyncDisposable
{
    // A seeded Random is not for several threads at once.
    private readonly Lock _chanceGate = new();

    public LocationId Id => inner.Id;

    public LocationTraits Traits => inner.Traits;

    public int InlineSizeMaxBytes => inner.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => inner.Warnings;

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken) =>
        RunAsync(() => inner.StageAsync(sizeHint, cancellationToken), isIdempotent: false, cancellationToken);

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        RunAsync(
            () => inner.ReadAsync(key, copy, offset, destination, cancellationToken), isIdempotent: true,
            cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        RunAsync(
            () => inner.ReadTreeAsync(key, copy, offset, destination, cancellationToken), isIdempotent: true,
            cancellationToken);

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken) =>
        await RunAsync(
            async () =>
            {
                await inner.ReleaseAsync(key, incarnation, cancellationToken);
                return true;
            },
            isIdempotent: true,
            cancellationToken);

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        RunAsync(() => inner.DescribeAsync(key, copy, cancellationToken), isIdempotent: true, cancellationToken);

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var attempts = Begin();
        await using var list = new ResumedList(inner, after);
        while (await RunAsync(
            attempts, () => list.MoveNextAsync(cancellationToken), isIdempotent: true, cancellationToken))
        {
            attempts.Restart();
            yield return list.Current;
        }
    }

    public ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        RunAsync(() => inner.InspectAsync(key, copy, pace, cancellationToken), isIdempotent: true, cancellationToken);

    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        RunAsync(() => inner.HealAsync(key, copy, pace, cancellationToken), isIdempotent: false, cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => inner.TakeDegraded();

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken) =>
        RunAsync(() => inner.FindRoomAsync(cancellationToken), isIdempotent: true, cancellationToken);

    public ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken) =>
        RunAsync(() => inner.MeasureSpaceAsync(cancellationToken), isIdempotent: true, cancellationToken);

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) =>
        RunAsync(() => inner.TidyAsync(cancellationToken), isIdempotent: false, cancellationToken);

    public ValueTask DisposeAsync() => (inner as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private ValueTask<T> RunAsync<T>(
        Func<ValueTask<T>> attempt, bool isIdempotent, CancellationToken cancellationToken) =>
        RunAsync(Begin(), attempt, isIdempotent, cancellationToken);

    private async ValueTask<T> RunAsync<T>(
        Attempts attempts, Func<ValueTask<T>> attempt, bool isIdempotent, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan delay;
            try
            {
                return await attempt();
            }
            catch (LocationException failure) when (attempts.TryNext(failure.Fault, isIdempotent, out delay))
            {
                // What becomes of it is told by the next attempt.
            }

            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private Attempts Begin() => new(options, time, NextChance);

    private double NextChance()
    {
        lock (_chanceGate)
        {
            return chance.NextDouble();
        }
    }
}
