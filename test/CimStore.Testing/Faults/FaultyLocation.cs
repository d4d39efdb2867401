using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Locations;

namespace CimStore.Testing.Faults;

/// <summary>Another location, of which things go wrong by plan. Disposes of the other location with itself.</summary>
public sealed class FaultyLocation(
    ILocation inner, LocationFaultPlan plan, TimeProvider time, Lifeline? life = null) : ILocation, IAsyncDisposable
{
    private readonly FaultInjection _faults = new(inner.Id, plan, time, life);

    public LocationId Id => inner.Id;

    public LocationTraits Traits => inner.Traits;

    public int InlineSizeMaxBytes => inner.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => inner.Warnings;

    public async ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        var subject = $"{sizeHint}";
        var mishap = await _faults.BeginAsync(LocationOperation.Stage, subject, cancellationToken);
        var staged = await inner.StageAsync(sizeHint, cancellationToken);
        try
        {
            _faults.End(LocationOperation.Stage, subject, mishap);
        }
        catch (LocationException)
        {
            await staged.DisposeAsync();
            throw;
        }

        return new FaultyStagedContent(staged, _faults);
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadAsync(
            LocationOperation.Read, key, offset, destination,
            room => inner.ReadAsync(key, copy, offset, room, cancellationToken), cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadAsync(
            LocationOperation.ReadTree, key, offset, destination,
            room => inner.ReadTreeAsync(key, copy, offset, room, cancellationToken), cancellationToken);

    public ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken) =>
        _faults.RunAsync(
            LocationOperation.Release, Named(key),
            () => inner.ReleaseAsync(key, incarnation, cancellationToken), cancellationToken);

    public ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        _faults.RunAsync(
            LocationOperation.Describe, Named(key),
            () => inner.DescribeAsync(key, copy, cancellationToken), cancellationToken);

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subject = after is { } last ? Named(last) : "";
        var mishap = await _faults.BeginAsync(LocationOperation.List, subject, cancellationToken);
        await foreach (var held in inner.ListCopiesAsync(after, cancellationToken))
        {
            yield return held;
            _faults.End(LocationOperation.List, subject, mishap);
        }
    }

    public ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        _faults.RunAsync(
            LocationOperation.Inspect, Named(key),
            () => inner.InspectAsync(key, copy, pace, cancellationToken), cancellationToken);

    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        _faults.RunAsync(
            LocationOperation.Heal, Named(key),
            () => inner.HealAsync(key, copy, pace, cancellationToken), cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => inner.TakeDegraded();

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken) => _faults.RunAsync(
        LocationOperation.MeasureSpace, "", () => inner.FindRoomAsync(cancellationToken), cancellationToken);

    public ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken) => _faults.RunAsync(
        LocationOperation.MeasureSpace, "", () => inner.MeasureSpaceAsync(cancellationToken), cancellationToken);

    public ValueTask<long> TidyAsync(CancellationToken cancellationToken) => _faults.RunAsync(
        LocationOperation.Tidy, "", () => inner.TidyAsync(cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => (inner as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Without the incarnation: that one may depend on who came first.</summary>
    internal static string Named(ContentKey key) => $"{key.Domain.Tag}/{key.Cid}";

    private async ValueTask<int?> ReadAsync(
        LocationOperation operation, ContentKey key, long offset, Memory<byte> destination,
        Func<Memory<byte>, ValueTask<int?>> read, CancellationToken cancellationToken)
    {
        var subject = $"{Named(key)} at {offset}";
        var mishap = await _faults.BeginAsync(operation, subject, cancellationToken);
        var room = mishap is LocationMishap.CutShort few
            ? destination[..Math.Min(few.Bytes, destination.Length)]
            : destination;
        var count = await _faults.RunAsync(operation, subject, mishap, () => read(room));
        if (mishap is LocationMishap.Lie lie && count is > 0 and { } length)
        {
            var bit = lie.Bit % (length * 8L);
            room.Span[(int)(bit / 8)] ^= (byte)(1 << (int)(bit % 8));
        }

        return count;
    }
}
