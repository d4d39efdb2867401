using System.Collections.Concurrent;
using CimStore.Content;
using Microsoft.Extensions.Logging;

namespace CimStore.S3;

/// <summary>Sends what was spooled: in one request, or in parts at once, of which those that are there stay.</summary>
internal sealed class S3Sender(S3Bucket bucket, S3Options options, TimeProvider time, ILogger log)
{
    /// <summary>Uploads that somebody in this process is at.</summary>
    private readonly ConcurrentDictionary<string, bool> _active = new();

    private readonly S3Keys _keys = new(options.Prefix);

    public bool IsActive(S3Upload upload) => _active.ContainsKey(upload.Id);

    /// <summary>An upload of this content that somebody began and left, with the incarnation it was begun for; it is
    /// taken: nobody else goes on with it until <see cref="Leave"/>.</summary>
    /// <returns>Null when there is none.</returns>
    public async ValueTask<(S3Upload Upload, ulong Incarnation)?> TakeLeftAsync(
        Cid cid, CancellationToken cancellationToken)
    {
        await foreach (var upload in bucket.ListUploadsAsync(_keys.ContentsOf(cid), cancellationToken))
        {
            if (S3Keys.TryParse(_keys.Contents, upload.Key, out var found, out var incarnation) && found == cid
                && _active.TryAdd(upload.Id, true))
            {
                return (upload, incarnation);
            }
        }

        return null;
    }

    public void Leave(S3Upload upload) => _active.TryRemove(upload.Id, out _);

    /// <param name="key">The object's name.</param>
    /// <param name="spool">What it is to hold.</param>
    /// <param name="metadata">What it is to say of itself.</param>
    /// <param name="left">An upload to go on with; null begins one.</param>
    /// <param name="isNewAsked">Whether the server refuses to replace an object when it is asked to.</param>
    /// <param name="cancellationToken">Stops it; parts that were sent stay, for whoever goes on.</param>
    /// <returns>Its ETag; null when the upload was completed or given up by somebody else.</returns>
    public async ValueTask<string?> SendAsync(
        string key, S3Spool spool, IReadOnlyDictionary<string, string> metadata, S3Upload? left, bool isNewAsked,
        CancellationToken cancellationToken)
    {
        DateTimeOffset? retainUntil = options.Lock is { } asked ? time.GetUtcNow() + asked.Duration : null;
        if (spool.Parts.Count == 1)
        {
            await using var body = spool.OpenPart(0);
            return await bucket.PutAsync(
                key, body, spool.Parts[0], metadata, isNewAsked, retainUntil, cancellationToken);
        }

        var upload = left ?? await BeginAsync(key, metadata, retainUntil, cancellationToken);
        try
        {
            var there = left is null ? [] : await FindPartsAsync(upload, spool, cancellationToken);
            var parts = await SendPartsAsync(upload, spool, there, cancellationToken);
            return await bucket.CompleteAsync(key, upload.Id, parts, cancellationToken);
        }
        finally
        {
            if (left is null)
            {
                Leave(upload);
            }
        }
    }

    private async ValueTask<S3Upload> BeginAsync(
        string key, IReadOnlyDictionary<string, string> metadata, DateTimeOffset? retainUntil,
        CancellationToken cancellationToken)
    {
        var id = await bucket.BeginAsync(key, metadata, retainUntil, cancellationToken);
        _active.TryAdd(id, true);
        return new S3Upload(key, id, time.GetUtcNow());
    }

    /// <summary>The parts of it that are there and are those of this content.</summary>
    private async ValueTask<S3Part?[]> FindPartsAsync(
        S3Upload upload, S3Spool spool, CancellationToken cancellationToken)
    {
        var there = new S3Part?[spool.Parts.Count];
        var count = 0;
        foreach (var part in await bucket.ListPartsAsync(upload, cancellationToken))
        {
            var index = part.Number - 1;
            if (index >= 0 && index < there.Length && part.SizeBytes == spool.LengthOf(index)
                && part.Tag == spool.Parts[index].ToString())
            {
                there[index] = part;
                count++;
            }
        }

        Log.UploadGoesOn(log, upload.Key, options.Id, count, there.Length);
        return there;
    }

    private async ValueTask<IReadOnlyList<S3Part>> SendPartsAsync(
        S3Upload upload, S3Spool spool, S3Part?[] there, CancellationToken cancellationToken)
    {
        var parts = new S3Part[spool.Parts.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, parts.Length),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = options.PartsInFlightMax,
                CancellationToken = cancellationToken,
            },
            async (index, token) =>
            {
                if (index < there.Length && there[index] is { } known)
                {
                    parts[index] = known;
                    return;
                }

                await using var body = spool.OpenPart(index);
                var tag = await bucket.SendPartAsync(
                    upload.Key, upload.Id, index + 1, body, spool.Parts[index], token);
                parts[index] = new S3Part(index + 1, body.Length, tag);
            });
        return parts;
    }
}
