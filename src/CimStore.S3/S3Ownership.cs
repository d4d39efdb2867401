using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.S3;

/// <summary>
/// Whose bucket this is. The bucket says it in an object, and this machine remembers it in a file: where the two do not
/// fit, the wrong bucket is bound, and what is missing in it would be taken for lost.
/// </summary>
internal sealed class S3Ownership(S3Bucket bucket, S3Options options, TimeProvider time)
{
    private const string FileName = "s3-bucket.json";

    private readonly S3Keys _keys = new(options.Prefix);
    private bool _isMarked;

    /// <summary>It was answered, and the answer is that this is not ours.</summary>
    public bool IsRefused { get; private set; }

    private string? StateFile => options.StateDirectory is { } folder ? Path.Combine(folder, FileName) : null;

    private string Where => $"the bucket {options.Bucket} at {bucket.Target.Endpoint}, prefix '{options.Prefix}'";

    /// <exception cref="LocationException">It is another's, or empty and was not; or nobody answers.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        await bucket.RequireAsync(cancellationToken);
        IsRefused = false;
        var remembered = Load();
        if (await FindAsync(cancellationToken) is { } found)
        {
            RequireSame(found, remembered);
            _isMarked = true;
            if (remembered is null)
            {
                Save(found);
            }

            return;
        }

        if (remembered is not null && !await HoldsCopiesAsync(cancellationToken))
        {
            throw Refuse(
                $"{Where} is empty, and was in use since {remembered.Made:u}: {StateFile} says so. Check bucket, "
                + "prefix and endpoint. If what was there is lost, remove that file, and the location begins anew; "
                + "then fsck tells what is missing.");
        }
    }

    /// <summary>Makes it ours where it is nobody's.</summary>
    /// <exception cref="LocationException">Somebody else was first; or nobody answers.</exception>
    public async ValueTask ClaimAsync(bool isNewAsked, CancellationToken cancellationToken)
    {
        if (_isMarked)
        {
            return;
        }

        var marker = Load() ?? new S3Marker(options.Id, new IdSource(time).Next().Value, time.GetUtcNow());
        var bytes = marker.Write();
        try
        {
            using var body = new MemoryStream(bytes);
            await bucket.PutAsync(
                _keys.Marker, body, Md5Digest.Of(bytes), new Dictionary<string, string>(), isNewAsked, null,
                cancellationToken);
        }
        catch (LocationException failure) when (failure.InnerException is Amazon.S3.AmazonS3Exception)
        {
            // Perhaps another was quicker: what is there now says whose it is.
            if (await FindAsync(cancellationToken) is not { } quicker)
            {
                throw;
            }

            RequireSame(quicker, Load());
            marker = quicker;
        }

        // Behind the bucket: a crash between the two leaves one that is marked, which is taken up.
        Save(marker);
        _isMarked = true;
    }

    private void RequireSame(S3Marker found, S3Marker? remembered)
    {
        if (found.Location != options.Id)
        {
            throw Refuse(
                $"{Where} is in use by the location '{found.Location}' since {found.Made:u}. Choose another prefix, or "
                + "name this location as it was named; nothing was changed.");
        }

        if (remembered is not null && remembered.Id != found.Id)
        {
            throw Refuse(
                $"{Where} is that of another location '{found.Location}', made at {found.Made:u}; the one in use here "
                + $"was made at {remembered.Made:u}. Check bucket, prefix and endpoint. If this one is to be used from "
                + $"now on, remove {StateFile}; nothing was changed.");
        }
    }

    private async ValueTask<S3Marker?> FindAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[S3Marker.SizeBytesMax];
        return await bucket.ReadAsync(_keys.Marker, 0, bytes, cancellationToken) is var (count, _)
            ? S3Marker.Read(bytes.AsMemory(0, count), out var fault)
                ?? throw Refuse($"{_keys.Marker} in {Where} {fault}. Nothing was changed.")
            : null;
    }

    private async ValueTask<bool> HoldsCopiesAsync(CancellationToken cancellationToken)
    {
        await using var copies = bucket.ListAsync(_keys.Contents, null, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        return await copies.MoveNextAsync();
    }

    private S3Marker? Load()
    {
        if (StateFile is not { } file || !File.Exists(file))
        {
            return null;
        }

        string? fault;
        try
        {
            if (S3Marker.Read(File.ReadAllBytes(file), out fault) is { } read)
            {
                return read;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            fault = $"cannot be read ({failure.Message})";
        }

        throw Refuse($"{file} {fault}: it says which bucket was in use.");
    }

    private void Save(S3Marker marker)
    {
        if (StateFile is not { } file)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(options.StateDirectory!);
            var draft = file + ".new";
            using (var stream = new FileStream(
                draft, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.WriteThrough))
            {
                stream.Write(marker.Write());
            }

            File.Move(draft, file, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"The location {options.Id} cannot be used: {file}, which says which bucket is in use, cannot be "
                + $"written ({failure.Message}).",
                failure);
        }
    }

    private LocationException Refuse(string why)
    {
        IsRefused = true;
        return new LocationException(LocationFault.Offline, $"The location {options.Id} cannot be used: {why}");
    }
}
