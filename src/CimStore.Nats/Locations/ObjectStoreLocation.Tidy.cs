namespace CimStore.Nats.Locations;

// Giving back what failed puts and releases left.
public sealed partial class ObjectStoreLocation
{
    /// <summary>
    /// The chunks are listed before the objects: what is sealed between is seen. And nothing is sealed whose chunks are
    /// older than half of what makes an orphan.
    /// </summary>
    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var before = await _bucket.InfoAsync(cancellationToken);
        var orphans = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var (subject, _) in _bucket.SubjectsAsync($"$O.{_options.Bucket}.C.>", cancellationToken))
        {
            orphans.Add(subject);
        }

        var youngest = _time.GetUtcNow() - _options.OrphanAge;
        var gone = await SweepMarksAsync(orphans, youngest, cancellationToken);
        foreach (var subject in orphans)
        {
            if (await _bucket.GetLastAsync(subject, cancellationToken) is { } last && last.Time < youngest)
            {
                gone += await _bucket.PurgeAsync(subject, last.Sequence + 1, cancellationToken);
            }
        }

        if (gone == 0)
        {
            return 0;
        }

        var after = await _bucket.InfoAsync(cancellationToken);
        return Math.Max(0, before.State.Bytes - after.State.Bytes);
    }

    /// <summary>Takes from the orphans what objects have, and removes old marks of deleted objects.</summary>
    private async ValueTask<long> SweepMarksAsync(
        HashSet<string> orphans, DateTimeOffset youngest, CancellationToken cancellationToken)
    {
        long gone = 0;
        await foreach (var (subject, _) in _bucket.SubjectsAsync($"$O.{_options.Bucket}.M.>", cancellationToken))
        {
            if (await _bucket.GetLastAsync(subject, cancellationToken) is not { } last)
            {
                continue;
            }

            // One that cannot be read throws, and nothing is swept: whose chunks it names is not known.
            var info = ObjectInfo.Read(last.Body);
            if (!info.IsDeleted)
            {
                orphans.Remove(ObjectInfo.ChunkSubject(_options.Bucket, info.Nuid));
                orphans.Remove(ObjectInfo.ChunkSubject(_options.Bucket, HeldObject.TreeNuidOf(info) ?? ""));
            }
            else if (last.Time < youngest)
            {
                gone += await _bucket.PurgeAsync(subject, last.Sequence + 1, cancellationToken);
            }
        }

        return gone;
    }
}
