using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.S3;

/// <summary>
/// Finds out what a server does by trying it with small objects of its own: what servers say of themselves, and what is
/// written about them, is not the same.
/// </summary>
internal sealed class S3Probe(S3Bucket bucket, S3Options options, TimeProvider time)
{
    /// <summary>Long enough for the attempt to delete it; what is left is swept afterwards.</summary>
    private static readonly TimeSpan LockedFor = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, string> Nothing = [];

    private readonly S3Keys _keys = new(options.Prefix);
    private readonly IdSource _ids = new(time);

    /// <exception cref="LocationException">The server cannot be asked now.</exception>
    public async ValueTask<S3Probed> RunAsync(CancellationToken cancellationToken)
    {
        await bucket.RequireAsync(cancellationToken);
        var isVersioned = await TryAsync(() => bucket.IsVersionedAsync(cancellationToken));
        var abilities = await TryUploadsAsync(cancellationToken);
        var key = _keys.Probes + _ids.Next().Value.ToString("N");
        try
        {
            abilities |= await TryWritesAsync(key, cancellationToken);
        }
        finally
        {
            await DeleteAsync(key, isVersioned, cancellationToken);
        }

        if (options.Lock is null)
        {
            return new S3Probed(abilities, isVersioned, null);
        }

        var refusal = await WhyNotLockedAsync(isVersioned, cancellationToken);
        return new S3Probed(
            refusal is null ? abilities | S3Abilities.LocksObjects : abilities, isVersioned, refusal);
    }

    /// <summary>Only servers that have the call can be asked at all; others answer that they do not know it.</summary>
    private static async ValueTask<bool> TryAsync(Func<ValueTask<bool>> ask)
    {
        try
        {
            return await ask();
        }
        catch (LocationException failure) when (IsAnswer(failure))
        {
            return false;
        }
    }

    /// <summary>The server answered, and the answer is no.</summary>
    private static bool IsAnswer(LocationException failure) =>
        failure.InnerException is Amazon.S3.AmazonS3Exception { StatusCode: not 0 }
        && failure.Fault is LocationFault.Offline or LocationFault.Unknown;

    private async ValueTask<S3Abilities> TryUploadsAsync(CancellationToken cancellationToken)
    {
        var lists = await TryAsync(async () =>
        {
            await using var uploads = bucket.ListUploadsAsync(_keys.Contents, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            await uploads.MoveNextAsync();
            return true;
        });
        return lists ? S3Abilities.ListsUploads : S3Abilities.None;
    }

    private async ValueTask<S3Abilities> TryWritesAsync(string key, CancellationToken cancellationToken)
    {
        byte[] bytes = [1, 2, 3];
        var md5 = Md5Digest.Of(bytes);
        var abilities = S3Abilities.None;
        if (!await TryAsync(() => PutAsync(key, bytes, Md5Digest.Of([4]), isNew: false, cancellationToken)))
        {
            abilities |= S3Abilities.RefusesWrongMd5;
        }

        // Not an attempt: a server that does not take this takes nothing.
        var tag = await PutAsync(key, new MemoryStream(bytes), md5, null, isNew: false, cancellationToken);
        if (tag == md5.ToString())
        {
            abilities |= S3Abilities.TagsByMd5;
        }

        if (!await TryAsync(() => PutAsync(key, bytes, md5, isNew: true, cancellationToken)))
        {
            abilities |= S3Abilities.HonoursIfNoneMatch;
        }

        var takesWrong = await TryAsync(async () =>
        {
            await bucket.PutWithWrongChecksumAsync(key, cancellationToken);
            return true;
        });
        return takesWrong ? abilities : abilities | S3Abilities.RefusesWrongChecksum;
    }

    private async ValueTask<string?> WhyNotLockedAsync(bool isVersioned, CancellationToken cancellationToken)
    {
        if (!isVersioned)
        {
            return $"The bucket {options.Bucket} keeps no versions, so nothing in it can be locked: object lock is "
                + "chosen when a bucket is made.";
        }

        var key = _keys.Probes + _ids.Next().Value.ToString("N");
        byte[] bytes = [1];
        try
        {
            await PutAsync(
                key, new MemoryStream(bytes), Md5Digest.Of(bytes), time.GetUtcNow() + LockedFor, false,
                cancellationToken);
        }
        catch (LocationException failure) when (IsAnswer(failure))
        {
            return $"An object with a retention is refused ({failure.Message}): was the bucket made with object lock?";
        }

        if (await bucket.HeadAsync(key, cancellationToken) is not { VersionId: { } version })
        {
            return "An object that was written with a retention is not there, or has no version.";
        }

        var isDeleted = await TryAsync(async () =>
        {
            await bucket.DeleteAsync(key, version, cancellationToken);
            return true;
        });
        return isDeleted || await bucket.HeadAsync(key, cancellationToken) is null
            ? "An object under retention was deleted all the same: the server, or the rights of these credentials, "
                + "make the lock worth nothing."
            : null;
    }

    private async ValueTask<bool> PutAsync(
        string key, byte[] bytes, Md5Digest md5, bool isNew, CancellationToken cancellationToken)
    {
        await PutAsync(key, new MemoryStream(bytes), md5, null, isNew, cancellationToken);
        return true;
    }

    private ValueTask<string> PutAsync(
        string key, MemoryStream body, Md5Digest md5, DateTimeOffset? retainUntil, bool isNew,
        CancellationToken cancellationToken) =>
        bucket.PutAsync(key, body, md5, Nothing, isNew, retainUntil, cancellationToken);

    private async ValueTask DeleteAsync(string key, bool isVersioned, CancellationToken cancellationToken)
    {
        // A version for each of the writes.
        for (var count = 0; count < 4; count++)
        {
            var found = isVersioned ? await bucket.HeadAsync(key, cancellationToken) : null;
            if (isVersioned && found is null)
            {
                return;
            }

            await bucket.DeleteAsync(key, found?.VersionId, cancellationToken);
            if (!isVersioned)
            {
                return;
            }
        }
    }
}
