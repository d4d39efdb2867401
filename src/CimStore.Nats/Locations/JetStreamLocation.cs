using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>
/// A cluster's hot tier: small content as values of a KV bucket, the rest as objects, behind one port. The lowest bit
/// of an incarnation says which of the two a copy is, the others are its message's number there.
/// </summary>
public sealed class JetStreamLocation : ILocation
{
    private readonly JetStreamLocationOptions _options;

    private JetStreamLocation(
        JetStreamLocationOptions options, KeyValueLocation values, ObjectStoreLocation objects) =>
        (_options, Values, Objects) = (options, values, objects);

    public LocationId Id => _options.Id;

    public LocationTraits Traits => Objects.Traits;

    public int InlineSizeMaxBytes => Objects.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings => [.. Values.Warnings, .. Objects.Warnings];

    internal KeyValueLocation Values { get; }

    internal ObjectStoreLocation Objects { get; }

    /// <summary>Opens buckets that are there. It never makes one: what is missing may have been lost.</summary>
    /// <exception cref="LocationException">One is not there, or cannot be what the options say.</exception>
    public static async ValueTask<JetStreamLocation> OpenAsync(
        NatsLink link, JetStreamLocationOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new JetStreamLocation(
            options,
            await KeyValueLocation.OpenAsync(link, options.Of(options.KeyValueBucket), time, cancellationToken),
            await ObjectStoreLocation.OpenAsync(link, options.Of(options.ObjectBucket), time, cancellationToken));
    }

    public async ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask;
        return new JetStreamStagedContent(
            this, Math.Min(_options.KeyValueSizeMaxBytes, Values.ContentMaxBytes));
    }

    public ValueTask<int?> ReadAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Holder(copy.Incarnation).ReadAsync(key, Inner(copy), offset, destination, cancellationToken);

    public ValueTask<int?> ReadTreeAsync(
        ContentKey key, Copy copy, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Holder(copy.Incarnation).ReadTreeAsync(key, Inner(copy), offset, destination, cancellationToken);

    public ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken) =>
        Holder(incarnation).ReleaseAsync(key, incarnation >> 1, cancellationToken);

    public async ValueTask<HeldCopy?> DescribeAsync(
        ContentKey key, Copy copy, CancellationToken cancellationToken) =>
        await Holder(copy.Incarnation).DescribeAsync(key, Inner(copy), cancellationToken) is { } held
            ? Outer(held, copy.Incarnation & 1) : null;

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var values = Values.ListCopiesAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var objects = Objects.ListCopiesAsync(after, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        var (hasValue, hasObject) = (await values.MoveNextAsync(), await objects.MoveNextAsync());
        while (hasValue || hasObject)
        {
            if (!hasObject || (hasValue && Order(values.Current).CompareTo(Order(objects.Current)) <= 0))
            {
                yield return Outer(values.Current, 0);
                hasValue = await values.MoveNextAsync();
            }
            else
            {
                yield return Outer(objects.Current, 1);
                hasObject = await objects.MoveNextAsync();
            }
        }
    }

    public ValueTask<CopyCondition?> InspectAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        Holder(copy.Incarnation).InspectAsync(key, Inner(copy), pace, cancellationToken);

    public ValueTask<CopyCondition?> HealAsync(
        ContentKey key, Copy copy, IReadPace? pace, CancellationToken cancellationToken) =>
        Holder(copy.Incarnation).HealAsync(key, Inner(copy), pace, cancellationToken);

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => [];

    public async ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        var space = await MeasureSpaceAsync(cancellationToken);
        return new LocationRoom(space.BytesTotal, space.BytesFree);
    }

    /// <summary>Together; without an end that is known where one of the two has none.</summary>
    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        var values = await Values.MeasureSpaceAsync(cancellationToken);
        var objects = await Objects.MeasureSpaceAsync(cancellationToken);
        return new LocationSpace(
            values.BytesTotal + objects.BytesTotal, values.BytesFree + objects.BytesFree,
            values.BytesUsed + objects.BytesUsed);
    }

    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken) =>
        await Values.TidyAsync(cancellationToken) + await Objects.TidyAsync(cancellationToken);

    internal static SealedCopy OfValue(SealedCopy copy) => copy with { Incarnation = copy.Incarnation << 1 };

    internal static SealedCopy OfObject(SealedCopy copy) => copy with { Incarnation = (copy.Incarnation << 1) | 1 };

    private ILocation Holder(ulong incarnation) => (incarnation & 1) == 0 ? Values : Objects;

    private static Copy Inner(Copy copy) => copy with { Incarnation = copy.Incarnation >> 1 };

    private static HeldCopy Outer(HeldCopy held, ulong kind) => held with
    {
        Manifest = held.Manifest with { Incarnation = (held.Manifest.Incarnation << 1) | kind },
    };

    private static (Content.Cid Cid, ulong Domain) Order(HeldCopy held) =>
        (held.Manifest.Key.Cid, held.Manifest.Key.Domain.Tag);
}
