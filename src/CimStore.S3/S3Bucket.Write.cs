using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace CimStore.S3;

// What changes the bucket.
internal sealed partial class S3Bucket
{
    /// <param name="key">Its name.</param>
    /// <param name="body">From where it is to be read; stays open.</param>
    /// <param name="md5">Of the body: the server refuses other bytes, where it looks.</param>
    /// <param name="metadata">What it is to say of itself.</param>
    /// <param name="isNew">Refuse to replace one; asked only of servers that do.</param>
    /// <param name="retainUntil">Nobody may delete it before.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Its ETag.</returns>
    public ValueTask<string> PutAsync(
        string key, Stream body, Md5Digest md5, IReadOnlyDictionary<string, string> metadata, bool isNew,
        DateTimeOffset? retainUntil, CancellationToken cancellationToken) =>
        CallAsync($"store {key}", true, body.Length, async token =>
        {
            var request = new PutObjectRequest
            {
                BucketName = _options.Bucket,
                Key = key,
                InputStream = body,
                AutoCloseStream = false,
                MD5Digest = md5.ToBase64(),
                UseChunkEncoding = _options.Profile.SendsChunks && body.Length > 0,
                DisablePayloadSigning = IsEncryptedOnTheWay,
                IfNoneMatch = isNew ? "*" : null,
            };
            if (_options.StorageClass is { } storageClass)
            {
                request.StorageClass = storageClass;
            }

            if (EncryptionMethod is { } method)
            {
                request.ServerSideEncryptionMethod = method;
                request.ServerSideEncryptionKeyManagementServiceKeyId = _options.KmsKeyId;
            }

            if (retainUntil is { } until)
            {
                request.ObjectLockMode = LockMode;
                request.ObjectLockRetainUntilDate = until.UtcDateTime;
            }

            Add(request.Metadata, metadata);
            return Unquote((await _client.PutObjectAsync(request, token)).ETag);
        }, cancellationToken);

    /// <returns>The upload's id.</returns>
    public ValueTask<string> BeginAsync(
        string key, IReadOnlyDictionary<string, string> metadata, DateTimeOffset? retainUntil,
        CancellationToken cancellationToken) =>
        CallAsync($"begin to store {key}", true, 0, async token =>
        {
            var request = new InitiateMultipartUploadRequest { BucketName = _options.Bucket, Key = key };
            if (_options.StorageClass is { } storageClass)
            {
                request.StorageClass = storageClass;
            }

            if (EncryptionMethod is { } method)
            {
                request.ServerSideEncryptionMethod = method;
                request.ServerSideEncryptionKeyManagementServiceKeyId = _options.KmsKeyId;
            }

            if (retainUntil is { } until)
            {
                request.ObjectLockMode = LockMode;
                request.ObjectLockRetainUntilDate = until.UtcDateTime;
            }

            Add(request.Metadata, metadata);
            return (await _client.InitiateMultipartUploadAsync(request, token)).UploadId;
        }, cancellationToken);

    /// <returns>The part's ETag.</returns>
    public ValueTask<string> SendPartAsync(
        string key, string uploadId, int number, Stream body, Md5Digest md5, CancellationToken cancellationToken) =>
        CallAsync($"store part {number} of {key}", true, body.Length, async token =>
        {
            var answer = await _client.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = _options.Bucket,
                    Key = key,
                    UploadId = uploadId,
                    PartNumber = number,
                    PartSize = body.Length,
                    InputStream = body,
                    MD5Digest = md5.ToBase64(),
                    UseChunkEncoding = _options.Profile.SendsChunks,
                    DisablePayloadSigning = IsEncryptedOnTheWay,
                },
                token);
            return Unquote(answer.ETag);
        }, cancellationToken);

    /// <returns>The object's ETag; null when there is no such upload (any more).</returns>
    public ValueTask<string?> CompleteAsync(
        string key, string uploadId, IEnumerable<S3Part> parts, CancellationToken cancellationToken) =>
        CallAsync<string?>($"complete {key}", true, 0, async token =>
        {
            try
            {
                var request = new CompleteMultipartUploadRequest
                {
                    BucketName = _options.Bucket,
                    Key = key,
                    UploadId = uploadId,
                    PartETags = [.. parts.Select(part => new PartETag(part.Number, $"\"{part.Tag}\""))],
                };
                return Unquote((await _client.CompleteMultipartUploadAsync(request, token)).ETag);
            }
            catch (AmazonS3Exception failure) when (failure.ErrorCode == "NoSuchUpload")
            {
                return null;
            }
        }, cancellationToken);

    public async ValueTask AbortAsync(S3Upload upload, CancellationToken cancellationToken) =>
        await CallAsync($"give up the upload of {upload.Key}", true, 0, async token =>
        {
            try
            {
                await _client.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest
                    {
                        BucketName = _options.Bucket,
                        Key = upload.Key,
                        UploadId = upload.Id,
                    },
                    token);
            }
            catch (AmazonS3Exception failure) when (failure.StatusCode == HttpStatusCode.NotFound)
            {
                // Completed or given up meanwhile.
            }

            return true;
        }, cancellationToken);

    public async IAsyncEnumerable<S3Upload> ListUploadsAsync(
        string prefix,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string? Key, string? Id) next = (null, null);
        bool isMore;
        do
        {
            var (keyMarker, idMarker) = next;
            var page = await CallAsync("list unfinished uploads", false, 0, token => _client.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest
                {
                    BucketName = _options.Bucket,
                    Prefix = prefix,
                    KeyMarker = keyMarker,
                    UploadIdMarker = idMarker,
                },
                token), cancellationToken);
            foreach (var one in page.MultipartUploads ?? [])
            {
                yield return new S3Upload(one.Key, one.UploadId, Utc(one.Initiated));
            }

            next = (page.NextKeyMarker, page.NextUploadIdMarker);
            isMore = page.IsTruncated == true;
        }
        while (isMore);
    }

    /// <returns>In the order of their numbers; empty when there is no such upload (any more).</returns>
    public async ValueTask<List<S3Part>> ListPartsAsync(S3Upload upload, CancellationToken cancellationToken)
    {
        var parts = new List<S3Part>();
        string? next = null;
        bool isMore;
        do
        {
            var page = await CallAsync($"list the parts of {upload.Key}", false, 0, async token =>
            {
                try
                {
                    return await _client.ListPartsAsync(
                        new ListPartsRequest
                        {
                            BucketName = _options.Bucket,
                            Key = upload.Key,
                            UploadId = upload.Id,
                            PartNumberMarker = next,
                        },
                        token);
                }
                catch (AmazonS3Exception failure) when (failure.ErrorCode == "NoSuchUpload")
                {
                    return new ListPartsResponse();
                }
            }, cancellationToken);
            parts.AddRange((page.Parts ?? []).Select(
                part => new S3Part(part.PartNumber ?? 0, part.Size ?? 0, Unquote(part.ETag))));
            isMore = page.IsTruncated == true;
            next = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        while (isMore);
        return parts;
    }

    public ValueTask<bool> IsVersionedAsync(CancellationToken cancellationToken) =>
        CallAsync("ask whether versions are kept", false, 0, async token =>
        {
            var answer = await _client.GetBucketVersioningAsync(
                new GetBucketVersioningRequest { BucketName = _options.Bucket }, token);
            return answer.VersioningConfig?.Status is { } status && status != VersionStatus.Off;
        }, cancellationToken);

    /// <summary>The same as a PUT with a checksum beside the body that is that of other bytes.</summary>
    public async ValueTask PutWithWrongChecksumAsync(string key, CancellationToken cancellationToken) =>
        await CallAsync($"store {key}", true, 1, async token =>
        {
            using var body = new MemoryStream([1]);
            await _client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _options.Bucket,
                    Key = key,
                    InputStream = body,
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                    ChecksumSHA256 = Convert.ToBase64String(new byte[32]),
                },
                token);
            return true;
        }, cancellationToken);

    private ServerSideEncryptionMethod? EncryptionMethod => _options.Encryption switch
    {
        S3Encryption.Aes256 => ServerSideEncryptionMethod.AES256,
        S3Encryption.Kms => ServerSideEncryptionMethod.AWSKMS,
        _ => null,
    };

    private ObjectLockMode LockMode =>
        _options.Lock is { IsCompliance: true } ? ObjectLockMode.Compliance : ObjectLockMode.Governance;

    private static void Add(MetadataCollection target, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
        {
            target.Add(name, value);
        }
    }
}
