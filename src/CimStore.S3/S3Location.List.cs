using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Locations;

namespace CimStore.S3;

// What is in the bucket: told from it alone, and never guessed.
public sealed partial class S3Location
{
    /// <summary>A listing tells names; what a copy says of itself takes a request for each, several at once.</summary>
    private const int DescribedAtOnceMax = 32;

    /// <summary>Counted by listing, and kept up with from then on; -1 before the first.</summary>
    private long _listedBytes = -1;

    /// <summary>What came and went since the location was opened, whether listed or not.</summary>
    private long _changedBytes;
    private long _foreignCount;
    private volatile string? _foreignFirst;

    public async IAsyncEnumerable<HeldCopy> ListCopiesAsync(
        ContentKey? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await RequireOursAsync(cancellationToken);

        // Behind the dot: the copies of that content in other domains come after it.
        var start = after is { } last ? _keys.ContentsOf(last.Cid) : null;
        var batch = new List<(Cid Cid, ulong Incarnation, string Key)>();
        await foreach (var listed in _bucket.ListAsync(_keys.Contents, start, cancellationToken))
        {
            if (!S3Keys.TryParse(_keys.Contents, listed.Key, out var cid, out var incarnation))
            {
                continue;
            }

            // The copies of one content stay together: by their names they are not in the order of their domains.
            if (batch.Count >= DescribedAtOnceMax && batch[^1].Cid != cid)
            {
                foreach (var held in await DescribeAsync(batch, after, cancellationToken))
                {
                    yield return held;
                }

                batch.Clear();
            }

            batch.Add((cid, incarnation, listed.Key));
        }

        foreach (var held in await DescribeAsync(batch, after, cancellationToken))
        {
            yield return held;
        }
    }

    public ValueTask<LocationRoom> FindRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Room());
    }

    public async ValueTask<LocationSpace> MeasureSpaceAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var changed = Interlocked.Read(ref _changedBytes);
        long used = 0;
        var foreign = new ForeignObjects();
        await foreach (var listed in _bucket.ListAsync(_options.Prefix, null, cancellationToken))
        {
            used += listed.SizeBytes;
            if (!IsOurs(listed.Key))
            {
                foreign.Add(listed.Key);
            }
        }

        Note(foreign);

        // What came meanwhile is counted twice where it was listed too: too much, never too little.
        Interlocked.Exchange(ref _listedBytes, Math.Max(0, used - changed));
        var room = Room();
        return new LocationSpace(room.BytesTotal, room.BytesFree, used);
    }

    private async ValueTask<IEnumerable<HeldCopy>> DescribeAsync(
        List<(Cid Cid, ulong Incarnation, string Key)> batch, ContentKey? after, CancellationToken cancellationToken)
    {
        var held = new HeldCopy?[batch.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, batch.Count),
            new ParallelOptions { MaxDegreeOfParallelism = DescribedAtOnceMax, CancellationToken = cancellationToken },
            async (index, token) =>
            {
                var (cid, incarnation, key) = batch[index];
                if (await _bucket.HeadAsync(key, token) is { } found)
                {
                    held[index] = Describe(cid, incarnation, found);
                }
            });
        return held.OfType<HeldCopy>()
            .OrderBy(one => one.Manifest.Key.Cid)
            .ThenBy(one => one.Manifest.Key.Domain.Tag)
            .ThenBy(one => one.Manifest.Incarnation)
            .Where(one => after is not { } last || IsBehind(one.Manifest.Key, last));
    }

    /// <summary>The domain is not in the name: where the object does not tell it, it is taken for the shared one.
    /// </summary>
    private HeldCopy Describe(Cid cid, ulong incarnation, S3Object found) =>
        found.Describe(cid, incarnation, out _) is { } description
            ? Held(description.Manifest.Key, incarnation, found)
            : Held(ContentKey.Shared(cid), incarnation, found);

    private static bool IsBehind(ContentKey key, ContentKey last) =>
        (key.Cid, key.Domain.Tag).CompareTo((last.Cid, last.Domain.Tag)) > 0;

    private bool IsOurs(string key) =>
        S3Keys.TryParse(_keys.Contents, key, out _, out _) || S3Keys.TryParse(_keys.Trees, key, out _, out _)
        || key.StartsWith(_keys.Probes, StringComparison.Ordinal) || key == _keys.Marker;

    private LocationRoom Room()
    {
        if (_options.QuotaBytes is not { } quota)
        {
            return new LocationRoom(null, null);
        }

        var listed = Interlocked.Read(ref _listedBytes);
        return new LocationRoom(
            quota, listed < 0 ? null : Math.Max(0, quota - listed - Interlocked.Read(ref _changedBytes)));
    }

    /// <summary>What lay there before counts against a quota too, and nothing but a listing tells how much it is.
    /// </summary>
    private async ValueTask KnowRoomAsync(CancellationToken cancellationToken)
    {
        if (_options.QuotaBytes is null || Interlocked.Read(ref _listedBytes) >= 0)
        {
            return;
        }

        await _probing.WaitAsync(cancellationToken);
        try
        {
            if (Interlocked.Read(ref _listedBytes) < 0)
            {
                await MeasureSpaceAsync(cancellationToken);
            }
        }
        finally
        {
            _probing.Release();
        }
    }

    private void RequireRoom(long bytes)
    {
        if (Room().BytesFree is { } free && free < bytes)
        {
            throw new LocationException(
                LocationFault.Full,
                $"The location {Id} has {free} bytes left of its quota, and {bytes} more were to be stored; nothing "
                + "was.");
        }
    }

    private void Note(ForeignObjects foreign)
    {
        if (foreign.First is { } first && first != _foreignFirst)
        {
            Log.Foreign(_log, first, Id);
        }

        _foreignFirst = foreign.First;
        Interlocked.Exchange(ref _foreignCount, foreign.Count);
    }

    private IEnumerable<string> ForeignWarning() => _foreignFirst is { } first
        ? [$"{Interlocked.Read(ref _foreignCount)} objects under the prefix of {Id} are none of ours, the first is "
            + $"{first}: they are kept, and count as used."]
        : [];

    private struct ForeignObjects
    {
        public string? First { get; private set; }

        public long Count { get; private set; }

        public void Add(string key) => (First, Count) = (First ?? key, Count + 1);
    }
}
