using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats.Locations;

/// <summary>
/// Copies of small content as values of a JetStream KV bucket, one message each, which any client reads as plain
/// values. What a copy says of itself is in the message's headers. <c>docs/formats/jetstream.md</c> has the bytes.
/// </summary>
public sealed partial class KeyValueLocation : ILocation
{
    internal const string PutKey = "cimstore-put";
    internal const string TreeKey = "cimstore-tree";

    private const string OperationHeader = "KV-Operation";
    private const int InlineMaxBytes = 1 << 20;

    private readonly BucketLocationOptions _options;
    private readonly BucketStream _bucket;
    private readonly TimeProvider _time;

    private KeyValueLocation(
        BucketLocationOptions options, BucketStream bucket, LocationTraits traits, TimeProvider time)
    {
        (_options, _bucket, _time, Traits) = (options, bucket, time, traits);
        ContentMaxBytes = MessageBudget.BodyMaxBytes(bucket.Link);
    }

    public LocationId Id => _options.Id;

    public LocationTraits Traits { get; }

    public int InlineSizeMaxBytes => InlineMaxBytes;

    public ImmutableArray<string> Warnings { get; private set; } = [];

    /// <summary>What is larger does not fit a message of this server, and belongs into an object bucket.</summary>
    public int ContentMaxBytes { get; private set; }

    /// <summary>Opens a bucket that is there. It never makes one: what is missing may have been lost.</summary>
    /// <exception cref="LocationException">It is not there, or cannot be what the options say.</exception>
    public static async ValueTask<KeyValueLocation> OpenAsync(
        NatsLink link, BucketLocationOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        link.RequireJetStream();
        var bucket = new BucketStream(link, $"KV_{options.Bucket}", $"the KV bucket '{options.Bucket}'");
        var location = new KeyValueLocation(options, bucket, options.TraitsOn(link), time);
        var config = await bucket.RequireAsync(cancellationToken);
        if (config.MaxMsgSize > 0)
        {
            location.ContentMaxBytes = Math.Min(
                location.ContentMaxBytes, Math.Max(0, config.MaxMsgSize - MessageBudget.HeaderBytes));
        }

        location.Warnings = BucketWarnings.Of(bucket.What, config);
        return location;
    }

    public ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return sizeHint > ContentMaxBytes
            ? throw TooLarge(sizeHint.Value)
            : ValueTask.FromResult<IStagedContent>(new KeyValueStagedContent(this, _options, _bucket, _time));
    }

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (await FindAsync(key, incarnation, fromLeader: true, cancellationToken) is not { } found)
        {
            return;
        }

        var mark = new NatsHeaders { [OperationHeader] = "PURGE", ["Nats-Rollup"] = "sub" };
        var gone = await _bucket.PublishAsync(
            found.Message.Subject, ReadOnlyMemory<byte>.Empty, mark, incarnation, cancellationToken);
        if (gone is not null && found.Message.Headers.TryGetValue(TreeKey, out var tree))
        {
            await _bucket.PurgeAsync(Subject(_options.Bucket, tree), 0, cancellationToken);
        }
    }

    public async ValueTask<HeldCopy?> DescribeAsync(ContentKey key, Copy copy, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (copy.Location != Id
            || await FindAsync(key, copy.Incarnation, fromLeader: false, cancellationToken) is not { } found)
        {
            return null;
        }

        try
        {
            return CopyMetadata.IsOurs(found.Message.Headers)
                ? Held(found.Name, found.Message.Sequence, found.Message.Headers)
                : ProvedForeign(found);
        }
        catch (IntegrityException wrong)
        {
            return Undescribed(key, copy.Incarnation, wrong.Message);
        }
    }

    /// <summary>From the headers alone, which are read first and sorted: a bucket has no order that is ours.</summary>
    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = new List<(CopyName Name, HeldCopy Held)>();
        await foreach (var message in _bucket.HeadersAsync($"$KV.{_options.Bucket}.>", cancellationToken))
        {
            if (IsLive(message) && CopyName.TryParse(KeyOf(message.Subject), out var name)
                && name.Value.IsBehind(after))
            {
                listed.Add((name.Value, Listed(name.Value, message)));
            }
        }

        listed.Sort(static (left, right) => left.Name.CompareTo(right.Name));
        foreach (var (_, held) in listed)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return held;
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

    /// <summary>Removes old marks of deleted values, and trees that no value names.</summary>
    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var before = await _bucket.InfoAsync(cancellationToken);
        var garbage = new Dictionary<string, ulong>(StringComparer.Ordinal);
        var named = new HashSet<string>(StringComparer.Ordinal);
        var youngest = _time.GetUtcNow() - _options.OrphanAge;
        await foreach (var message in _bucket.HeadersAsync($"$KV.{_options.Bucket}.>", cancellationToken))
        {
            var isTree = message.Headers.ContainsKey(PutKey) && !CopyMetadata.IsOurs(message.Headers);
            if ((isTree || !IsLive(message)) && message.Time < youngest)
            {
                garbage[message.Subject] = message.Sequence;
            }
            else if (message.Headers.TryGetValue(TreeKey, out var tree))
            {
                named.Add(Subject(_options.Bucket, tree));
            }
        }

        foreach (var (subject, sequence) in garbage.Where(one => !named.Contains(one.Key)))
        {
            await _bucket.PurgeAsync(subject, sequence + 1, cancellationToken);
        }

        var after = await _bucket.InfoAsync(cancellationToken);
        return Math.Max(0, before.State.Bytes - after.State.Bytes);
    }

    internal string BucketName => _options.Bucket;

    internal static string Subject(string bucket, string key) => $"$KV.{bucket}.{key}";

    /// <summary>Whether a message is a value, and not the mark of a deleted one.</summary>
    internal static bool IsLive(BucketMessage message) => !message.Headers.ContainsKey(OperationHeader);

    internal LocationException TooLarge(long sizeBytes) => new(
        LocationFault.Full,
        $"NATS, {_bucket.What}: content of {sizeBytes} bytes or more is larger than the {ContentMaxBytes} that a "
        + "message has room for here (the server's max_payload less headers); it belongs into an object bucket. "
        + "Nothing was stored.");

    private string KeyOf(string subject) => subject[Subject(_options.Bucket, "").Length..];

    private static HeldCopy Held(CopyName name, ulong incarnation, IReadOnlyDictionary<string, string> headers)
    {
        var (manifest, created) = CopyMetadata.Read(headers, name, incarnation);
        return new HeldCopy(manifest, created, 1);
    }

    private static HeldCopy Listed(CopyName name, BucketMessage message)
    {
        try
        {
            return CopyMetadata.IsOurs(message.Headers)
                ? Held(name, message.Sequence, message.Headers)
                : Undescribed(
                    name.Key, message.Sequence,
                    $"The value '{name}' was written by another client and says nothing that could be trusted before "
                    + "its bytes are proved: inspect it.") with { Created = message.Time };
        }
        catch (IntegrityException wrong)
        {
            return Undescribed(name.Key, message.Sequence, wrong.Message);
        }
    }

    private static HeldCopy Undescribed(in ContentKey key, ulong incarnation, string fault) =>
        new(new CopyManifest(key, 0, default) { Incarnation = incarnation }, DateTimeOffset.UnixEpoch, 1)
        {
            Fault = fault,
        };
}
