using System.Runtime.CompilerServices;

namespace CimStore.S3;

// Giving back what nobody will come for: uploads that were left, trees without content, probes.
public sealed partial class S3Location
{
    public async ValueTask<long> TidyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var probed = await ReadyAsync(cancellationToken);
        var before = _time.GetUtcNow() - _options.AbandonedAfter;
        var given = probed.Can(S3Abilities.ListsUploads) ? await GiveUpUploadsAsync(before, cancellationToken) : 0;
        given += await SweepTreesAsync(before, probed, cancellationToken);
        await SweepProbesAsync(before, probed, cancellationToken);
        return given;
    }

    private async ValueTask<long> GiveUpUploadsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        long given = 0;
        await foreach (var upload in _bucket.ListUploadsAsync(_options.Prefix, cancellationToken))
        {
            if (upload.Initiated < before && IsOurs(upload.Key) && !_sender.IsActive(upload))
            {
                given += (await _bucket.ListPartsAsync(upload, cancellationToken)).Sum(static part => part.SizeBytes);
                await _bucket.AbortAsync(upload, cancellationToken);
                Log.UploadGivenUp(_log, upload.Key, Id);
            }
        }

        return given;
    }

    /// <summary>Both listings come in the same order, so that neither is held in memory.</summary>
    private async ValueTask<long> SweepTreesAsync(
        DateTimeOffset before, S3Probed probed, CancellationToken cancellationToken)
    {
        long given = 0;
        await using var contents = NamesAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var isMore = await contents.MoveNextAsync();
        await foreach (var tree in _bucket.ListAsync(_keys.Trees, null, cancellationToken))
        {
            if (!S3Keys.TryParse(_keys.Trees, tree.Key, out var cid, out var incarnation))
            {
                continue;
            }

            var name = tree.Key[_keys.Trees.Length..];
            while (isMore && string.CompareOrdinal(contents.Current, name) < 0)
            {
                isMore = await contents.MoveNextAsync();
            }

            // One that is young may be that of content on its way; and the listings were not made at once.
            if ((!isMore || contents.Current != name) && tree.Modified < before
                && await _bucket.HeadAsync(_keys.Content(cid, incarnation), cancellationToken) is null)
            {
                await DeleteAsync(tree.Key, probed, cancellationToken);
                given += tree.SizeBytes;
            }
        }

        return given;
    }

    private async IAsyncEnumerable<string> NamesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var listed in _bucket.ListAsync(_keys.Contents, null, cancellationToken))
        {
            yield return listed.Key[_keys.Contents.Length..];
        }
    }

    private async ValueTask SweepProbesAsync(
        DateTimeOffset before, S3Probed probed, CancellationToken cancellationToken)
    {
        await foreach (var probe in _bucket.ListAsync(_keys.Probes, null, cancellationToken))
        {
            if (probe.Modified < before)
            {
                await DeleteAsync(probe.Key, probed, cancellationToken);
            }
        }
    }
}
