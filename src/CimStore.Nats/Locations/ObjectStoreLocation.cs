using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Locations;

/// <summary>
/// Copies as objects of a JetStream object bucket, which any client of the Object Store reads. The object's name is
/// the CID, its incarnation the number of the message that makes it. <c>docs/formats/jetstream.md</c> has the bytes.
/// </summary>
public sealed partial class ObjectStoreLocation : ILocation
{
    private const int InlineMaxBytes = 1 << 20;

    // What is asked of the server at once by one list or reader.
    private const int AskedAtOnce = 16;

    private readonly BucketLocationOptions _options;
    private readonly BucketStream _bucket;
    private readonly TimeProvider _time;

    private ObjectStoreLocation(
        BucketLocationOptions options, BucketStream bucket, LocationTraits traits, TimeProvider time)
    {
        (_options, _bucket, _time, Traits) = (options, bucket, time, traits);
        ChunkSizeBytes = Math.Min(options.ChunkSizeBytes, MessageBudget.BodyMaxBytes(bucket.Link));
        _foreign = new ForeignObjects(bucket, options.Bucket);
    }

    public LocationId Id => _options.Id;

    public LocationTraits Traits { get; }

    public int InlineSizeMaxBytes => InlineMaxBytes;

    public ImmutableArray<string> Warnings { get; private set; } = [];

    internal int ChunkSizeBytes { get; }

    /// <summary>Opens a bucket that is there. It never makes one: what is missing may have been lost.</summary>
    /// <exception cref="LocationException">It is not there, or cannot be what the options say.</exception>
    public static async ValueTask<ObjectStoreLocation> OpenAsync(
        NatsLink link, BucketLocationOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        link.RequireJetStream();
        var bucket = new BucketStream(link, $"OBJ_{options.Bucket}", $"the object bucket '{options.Bucket}'");
        var location = new ObjectStoreLocation(options, bucket, options.TraitsOn(link), time);
        var config = await bucket.RequireAsync(cancellationToken);
        location.Warnings = BucketWarnings.Of(bucket.What, config);
        return location;
    }

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IStagedContent>(new ObjectStagedContent(this, _options, _bucket, _time));
    }

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (await FindAsync(key, incarnation, cancellationToken) is not { } found)
        {
            return;
        }

        var mark = new ObjectInfo(found.Info.Name, _options.Bucket, found.Info.Nuid)
        {
            Modified = _time.GetUtcNow(),
            IsDeleted = true,
        };

        // First the claim, then the bytes. Another message at that name is another copy, and stays.
        var gone = await _bucket.PublishAsync(
            found.Subject, mark.ToBytes(), RollupHeaders(), incarnation, cancellationToken);
        if (gone is not null)
        {
            await PurgeChunksAsync(found.Info, cancellationToken);
        }
    }

    public async ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return copy.Location == Id && await FindAsync(key, copy.Incarnation, cancellationToken) is { } found
                ? await DescribeAsync(found, verifies: true, cancellationToken)
                : null;
        }
        catch (IntegrityException wrong)
        {
            return Undescribed(key, copy.Incarnation, wrong.Message);
        }
    }

    /// <summary>
    /// The names are read first, some 100 bytes each, and sorted: a bucket has no order of its own that is ours.
    /// </summary>
    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var names = new List<CopyName>();
        await foreach (var (subject, _) in _bucket.SubjectsAsync($"$O.{_options.Bucket}.M.>", cancellationToken))
        {
            if (CopyName.TryParse(ObjectInfo.NameOf(_options.Bucket, subject), out var name)
                && name.Value.IsBehind(after))
            {
                names.Add(name.Value);
            }
        }

        names.Sort();
        foreach (var some in names.Chunk(AskedAtOnce))
        {
            var asked = await Task.WhenAll(some.Select(name => ListedAsync(name, cancellationToken)));
            foreach (var held in asked.OfType<HeldCopy>())
            {
                yield return held;
            }
        }
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => [];

    public async ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        var space = await MeasureSpaceAsync(cancellationToken);
        return new LocationRoom(space.BytesTotal, space.BytesFree);
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken) =>
        BucketWarnings.SpaceOf(await _bucket.InfoAsync(cancellationToken));

    internal string BucketName => _options.Bucket;

    internal BucketStream BucketForTests => _bucket;

    internal ValueTask<NATS.Client.JetStream.Models.StreamInfo> StreamAsync(CancellationToken cancellationToken) =>
        _bucket.InfoAsync(cancellationToken);

    internal static NatsHeaders RollupHeaders() => new() { ["Nats-Rollup"] = "sub" };

    private async Task<HeldCopy?> ListedAsync(CopyName name, CancellationToken cancellationToken)
    {
        var last = await _bucket.GetLastAsync(
            ObjectInfo.Subject(_options.Bucket, name.ToString()), cancellationToken);
        if (last is null)
        {
            return null;
        }

        try
        {
            return Read(last, name) is { } found
                ? await DescribeAsync(found, verifies: false, cancellationToken) : null;
        }
        catch (IntegrityException wrong)
        {
            return Undescribed(name.Key, last.Sequence, wrong.Message);
        }
    }

    private async ValueTask<HeldCopy> DescribeAsync(
        FoundObject found, bool verifies, CancellationToken cancellationToken)
    {
        if (CopyMetadata.IsOurs(found.Info.Metadata))
        {
            return HeldObject.Read(found.Info, found.Name, found.Incarnation).Held;
        }

        var foreign = verifies
            ? await _foreign.VerifyAsync(found, cancellationToken) : _foreign.FindVerified(found.Incarnation);
        return foreign?.Held ?? Undescribed(
            found.Name.Key, found.Incarnation,
            $"The object '{found.Name}' was written by another client and says nothing that could be trusted before "
            + "its bytes are proved: inspect it.") with { Created = found.Info.Modified };
    }

    /// <summary>Asked of the leader at each use: it alone knows what was given up meanwhile.</summary>
    /// <exception cref="IntegrityException">It is there and cannot be read.</exception>
    private async ValueTask<FoundObject?> FindAsync(
        ContentKey key, ulong incarnation, CancellationToken cancellationToken) =>
        incarnation != 0 && await _bucket.ReadAsync(incarnation, cancellationToken) is { } message
        && CopyName.TryParse(ObjectInfo.NameOf(_options.Bucket, message.Subject), out var name)
        && name.Value.Key == key
            ? Read(message, name.Value) : null;

    /// <returns>Null where it is the mark of a deleted object.</returns>
    private static FoundObject? Read(BucketMessage message, CopyName name)
    {
        var info = ObjectInfo.Read(message.Body);
        if (info.IsDeleted)
        {
            return null;
        }

        return info.Name == name.ToString()
            ? new FoundObject(name, message.Sequence, message.Subject, info)
            : throw new IntegrityException($"The object '{name}' says that it is '{info.Name}'.");
    }

    private async ValueTask PurgeChunksAsync(ObjectInfo info, CancellationToken cancellationToken)
    {
        if (info.Chunks > 0)
        {
            await _bucket.PurgeAsync(ObjectInfo.ChunkSubject(_options.Bucket, info.Nuid), 0, cancellationToken);
        }

        if (HeldObject.TreeNuidOf(info) is { } tree)
        {
            await _bucket.PurgeAsync(ObjectInfo.ChunkSubject(_options.Bucket, tree), 0, cancellationToken);
        }
    }

    private static HeldCopy Undescribed(in ContentKey key, ulong incarnation, string fault) =>
        new(new CopyManifest(key, 0, default) { Incarnation = incarnation }, DateTimeOffset.UnixEpoch, 1)
        {
            Fault = fault,
        };
}
