using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CimStore.S3;

/// <summary>A bucket, or a part of one, of a server that speaks S3: an object for each copy, its tree beside it.
/// </summary>
public sealed partial class S3Location : ILocation, IAsyncDisposable
{
    private readonly S3Options _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly S3Bucket _bucket;
    private readonly S3Keys _keys;
    private readonly S3Sender _sender;
    private readonly S3Ownership _ownership;
    private readonly S3SpoolFolder _folder;
    private readonly IdSource _ids;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private volatile S3Probed? _probed;
    private volatile bool _isOurs;
    private volatile string? _away;

    private S3Location(S3Options options, TimeProvider time, ILogger log)
    {
        (_options, _time, _log) = (options, time, log);
        _folder = new S3SpoolFolder(options);
        _bucket = new S3Bucket(options, time);
        _keys = new S3Keys(options.Prefix);
        _sender = new S3Sender(_bucket, options, time, log);
        _ownership = new S3Ownership(_bucket, options, time);
        _ids = new IdSource(time);
        Traits = options.Traits with
        {
            Capabilities = LocationCapabilities.RangeReads
                | (options.Lock is null ? LocationCapabilities.None : LocationCapabilities.WriteOnce)
                | (options.IsArchive ? LocationCapabilities.NeedsRecall : LocationCapabilities.None),
        };
    }

    public LocationId Id => _options.Id;

    public LocationTraits Traits { get; }

    public int InlineSizeMaxBytes => _options.InlineSizeMaxBytes;

    public ImmutableArray<string> Warnings =>
    [
        .. _away is { } away ? [away] : ImmutableArray<string>.Empty,
        .. _probed?.Weaknesses(_options) ?? [],
        .. ForeignWarning(),
    ];

    /// <summary>
    /// Opens also where the server does not answer: that is a warning, and it is asked again by whoever needs it.
    /// </summary>
    /// <exception cref="LocationException">
    /// What was asked for cannot be had (a lock that does not hold), the bucket is another's or was emptied, or
    /// something here is wrong: the spool directory, the certificates.
    /// </exception>
    public static async ValueTask<S3Location> OpenAsync(
        S3Options options, TimeProvider time, ILogger? log, CancellationToken cancellationToken)
    {
        var location = new S3Location(options, time, log ?? NullLogger.Instance);
        try
        {
            await location.ReadyAsync(cancellationToken);
        }
        catch (LocationException failure) when (location._probed is null && !location._ownership.IsRefused)
        {
            location._away = failure.Message;
        }
        catch
        {
            await location.DisposeAsync();
            throw;
        }

        return location;
    }

    public async ValueTask<IStagedContent> StageAsync(long? sizeHint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await ReadyAsync(cancellationToken);
        await KnowRoomAsync(cancellationToken);
        RequireRoom(sizeHint ?? 0);
        return new S3StagedContent(
            this, new S3Spool(_folder, _options.PartBytes, sizeHint),
            new S3Spool(_folder, _options.PartBytes, sizeHint >> 8));
    }

    public async ValueTask ReleaseAsync(ContentKey key, ulong incarnation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var probed = await ReadyAsync(cancellationToken);

        // The content says that the copy is there: once it is gone, a tree alone is garbage that is swept.
        await DeleteAsync(_keys.Content(key.Cid, incarnation), probed, cancellationToken);
        await DeleteAsync(_keys.Tree(key.Cid, incarnation), probed, cancellationToken);
    }

    public IReadOnlyList<(ContentKey Key, ulong Incarnation)> TakeDegraded() => [];

    public ValueTask DisposeAsync()
    {
        _bucket.Dispose();
        _probing.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What the server was seen to do; asked once, when it first answers.</summary>
    private async ValueTask<S3Probed> ReadyAsync(CancellationToken cancellationToken)
    {
        if (_probed is { Refusal: null } known)
        {
            return known;
        }

        await _probing.WaitAsync(cancellationToken);
        try
        {
            await CheckAsync(cancellationToken);
            var probed = _probed ?? await new S3Probe(_bucket, _options, _time).RunAsync(cancellationToken);
            if (probed.Refusal is null)
            {
                await _ownership.ClaimAsync(probed.Can(S3Abilities.HonoursIfNoneMatch), cancellationToken);
            }

            _probed = probed;
            if (probed.Refusal is { } refusal)
            {
                throw new LocationException(
                    LocationFault.Offline, $"The location {Id} cannot be used as it is asked for: {refusal}");
            }

            Log.Answers(_log, Id, _bucket.Target.Endpoint, probed.Abilities);
            _away = null;
            return probed;
        }
        finally
        {
            _probing.Release();
        }
    }

    /// <summary>Whoever only reads needs no more: an empty answer of the wrong bucket would be taken for a loss.
    /// </summary>
    private async ValueTask RequireOursAsync(CancellationToken cancellationToken)
    {
        if (_isOurs)
        {
            return;
        }

        await _probing.WaitAsync(cancellationToken);
        try
        {
            await CheckAsync(cancellationToken);
        }
        finally
        {
            _probing.Release();
        }
    }

    /// <summary>By one at a time.</summary>
    private async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (!_isOurs)
        {
            await _ownership.CheckAsync(cancellationToken);
            _isOurs = true;
        }
    }

    /// <summary>Not everybody may ask the server until when: then it is taken for what was asked for at its writing.
    /// </summary>
    private bool IsLocked(S3Object found) =>
        found.RetainUntil is { } until ? until > _time.GetUtcNow() : _options.Lock is not null;

    /// <summary>Where versions are kept, deleting by name only hides: each version goes by its own.</summary>
    private async ValueTask DeleteAsync(string key, S3Probed probed, CancellationToken cancellationToken)
    {
        if (!probed.IsVersioned)
        {
            // Only a quota wants to know how much that gives back.
            var gone = _options.QuotaBytes is null ? null : await _bucket.HeadAsync(key, cancellationToken);
            await _bucket.DeleteAsync(key, null, cancellationToken);
            Interlocked.Add(ref _changedBytes, -(gone?.SizeBytes ?? 0));
            return;
        }

        while (await _bucket.HeadAsync(key, cancellationToken) is { } found)
        {
            try
            {
                await _bucket.DeleteAsync(key, found.VersionId, cancellationToken);
            }
            catch (LocationException refusal) when (S3Faults.IsRefusal(refusal) && IsLocked(found))
            {
                throw new LocationException(
                    LocationFault.Retained,
                    $"{key} at {Id} is under a lock{(found.RetainUntil is { } until ? $" until {until:u}" : "")}: it "
                    + "stays until then.",
                    refusal);
            }

            Interlocked.Add(ref _changedBytes, -found.SizeBytes);
        }
    }
}
