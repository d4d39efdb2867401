using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>
/// The bucket, request by request. Nothing of the SDK is seen beyond it: its exceptions become those of the port here,
/// and its own retries are off.
/// </summary>
internal sealed partial class S3Bucket : IDisposable
{
    /// <summary>Beside the timeout of a request: a second for so many of its bytes.</summary>
    private const int SlowestBytesPerSecond = 64 << 10;

    private readonly S3Options _options;
    private readonly TimeProvider _time;
    private readonly S3Connections _connections;
    private readonly AmazonS3Client _client;

    public S3Bucket(S3Options options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var endpoint = options.Endpoint?.ToString().TrimEnd('/') ?? $"https://s3.{options.Region}.amazonaws.com";
        Target = new S3Target(options.Id, endpoint, options.Bucket, time);
        _connections = new S3Connections(options, Target);
        var checksums = options.Profile.UsesTrailingChecksums;
        var config = new AmazonS3Config
        {
            AuthenticationRegion = options.Region,
            ForcePathStyle = options.UsesPathStyle ?? options.Profile.UsesPathStyle,
            MaxErrorRetry = 0,
            HttpClientFactory = _connections,
            DisableClockSkewCorrection = true,
            IgnoreConfiguredEndpointUrls = true,
            RequestChecksumCalculation = checksums
                ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = checksums
                ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }
        else
        {
            config.ServiceURL = endpoint;
        }

        _client = new AmazonS3Client(Reveal(options.Credentials), config);
    }

    public S3Target Target { get; }

    private bool IsEncryptedOnTheWay => _options.Endpoint is null or { Scheme: "https" };

    public void Dispose()
    {
        _client.Dispose();
        _connections.Dispose();
    }

    /// <summary>An answer that is missing has two reasons, and only one of them concerns the object.</summary>
    /// <exception cref="LocationException">The bucket cannot be reached, or does not exist.</exception>
    public async ValueTask RequireAsync(CancellationToken cancellationToken)
    {
        // Not by HEAD, whose answer has no body to say why it is a no.
        await CallAsync("look into the bucket", false, 0, token => _client.ListObjectsV2Async(
            new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix, MaxKeys = 1 }, token),
            cancellationToken);
    }

    /// <summary>The same, shorter: for whoever was just answered that an object is not there.</summary>
    public async ValueTask RequireStillAsync(CancellationToken cancellationToken)
    {
        var isThere = await CallAsync("look for the bucket", false, 0, async token =>
        {
            try
            {
                await _client.HeadBucketAsync(new HeadBucketRequest { BucketName = _options.Bucket }, token);
                return true;
            }
            catch (AmazonS3Exception failure) when (failure.StatusCode == HttpStatusCode.NotFound)
            {
                return false;
            }
        }, cancellationToken);
        if (!isThere)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"The location {Target.Location} cannot be used: the bucket {_options.Bucket} does not exist at "
                + $"{Target.Endpoint}.");
        }
    }

    /// <returns>Null when there is no such object.</returns>
    public async ValueTask<S3Object?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var found = await CallAsync($"look for {key}", false, 0, async token =>
        {
            try
            {
                var answer = await _client.GetObjectMetadataAsync(
                    new GetObjectMetadataRequest { BucketName = _options.Bucket, Key = key }, token);
                return new S3Object(
                    answer.ContentLength, Unquote(answer.ETag), Copy(answer.Metadata), answer.VersionId,
                    ArchivedBy(answer))
                {
                    RetainUntil = answer.ObjectLockRetainUntilDate is { } until ? Utc(until) : null,
                };
            }
            catch (AmazonS3Exception failure) when (S3Faults.IsAbsent(failure))
            {
                return null;
            }
        }, cancellationToken);
        if (found is null)
        {
            await RequireStillAsync(cancellationToken);
        }

        return found;
    }

    /// <summary>One request for as much of the object as the destination takes.</summary>
    /// <returns>Null when there is no such object; with no bytes and no object when the offset is at its end.</returns>
    public ValueTask<(int Bytes, S3Object? Object)?> ReadAsync(
        string key, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        CallAsync<(int, S3Object?)?>($"read {key}", false, destination.Length, async token =>
        {
            try
            {
                using var answer = await _client.GetObjectAsync(
                    new GetObjectRequest
                    {
                        BucketName = _options.Bucket,
                        Key = key,
                        ByteRange = new ByteRange(offset, offset + destination.Length - 1),
                    },
                    token);
                return await ReceiveAsync(key, answer, offset, destination, token);
            }
            catch (AmazonS3Exception failure) when (failure.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return (0, null);
            }
            catch (AmazonS3Exception failure) when (S3Faults.IsAbsent(failure))
            {
                return null;
            }
        }, cancellationToken);

    /// <summary>Of this version where one is named; of what is current, where none is.</summary>
    public async ValueTask DeleteAsync(string key, string? versionId, CancellationToken cancellationToken) =>
        await CallAsync($"delete {key}", true, 0, async token =>
        {
            try
            {
                await _client.DeleteObjectAsync(
                    new DeleteObjectRequest { BucketName = _options.Bucket, Key = key, VersionId = versionId }, token);
            }
            catch (AmazonS3Exception failure) when (S3Faults.IsAbsent(failure))
            {
                // Given up before.
            }

            return true;
        }, cancellationToken);

    /// <summary>In ascending order of the names' bytes.</summary>
    public async IAsyncEnumerable<S3Listed> ListAsync(
        string prefix, string? after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = null;
        do
        {
            var page = await CallAsync($"list {prefix}", false, 0, token => _client.ListObjectsV2Async(
                new ListObjectsV2Request
                {
                    BucketName = _options.Bucket,
                    Prefix = prefix,
                    StartAfter = next is null ? after : null,
                    ContinuationToken = next,
                },
                token), cancellationToken);
            foreach (var one in page.S3Objects ?? [])
            {
                yield return new S3Listed(one.Key, one.Size ?? 0, Utc(one.LastModified));
            }

            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
    }

    private static async Task<(int Bytes, S3Object? Object)?> ReceiveAsync(
        string key, GetObjectResponse answer, long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        var whole = WholeSize(answer, offset);
        var wanted = (int)Math.Min(destination.Length, Math.Max(0, whole - offset));

        // More than was asked for is of no harm while it begins there: some servers take 0-0 for the whole.
        if (wanted > 0 && answer.ContentLength < wanted)
        {
            throw new IOException(
                $"{wanted} bytes of {key} from {offset} were asked for, and {answer.ContentLength} come");
        }

        var filled = 0;
        while (filled < wanted)
        {
            var read = await answer.ResponseStream.ReadAsync(destination[filled..wanted], cancellationToken);
            if (read == 0)
            {
                throw new IOException($"it ended after {filled} of {wanted} bytes of {key}");
            }

            filled += read;
        }

        return (filled, new S3Object(whole, Unquote(answer.ETag), Copy(answer.Metadata), answer.VersionId, null));
    }

    private static long WholeSize(GetObjectResponse answer, long offset)
    {
        var range = answer.ContentRange;
        if (string.IsNullOrEmpty(range))
        {
            // The whole object, as HTTP allows: of use to who wanted its beginning, and to nobody else.
            return offset == 0
                ? answer.ContentLength
                : throw new IOException("the server answers a range with the whole object");
        }

        if (range.EndsWith("/0", StringComparison.Ordinal))
        {
            // Nothing of nothing, which has no form of its own.
            return 0;
        }

        return System.Net.Http.Headers.ContentRangeHeaderValue.TryParse(range, out var parsed)
            && parsed is { Length: { } length, From: { } from } && from == offset
            ? length
            : throw new IOException($"the server answers with the range '{range}', and {offset} was asked for");
    }

    private async ValueTask<T> CallAsync<T>(
        string what, bool changes, long bytes, Func<CancellationToken, Task<T>> call,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var limit = _options.RequestTimeout + TimeSpan.FromSeconds(bytes / SlowestBytesPerSecond);
        using var timeout = new CancellationTokenSource(limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await call(both.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested)
        {
            throw S3Faults.TimedOut(what, changes, limit, Target);
        }
        catch (OperationCanceledException)
        {
            throw;
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException
            or HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? S3Faults.TimedOut(what, changes, limit, Target)
                : S3Faults.Translate(what, changes, failure, Target);
        }
    }

    private static AWSCredentials Reveal(S3Credentials credentials) => credentials.SessionToken is { } token
        ? new SessionAWSCredentials(credentials.AccessKey.Reveal(), credentials.SecretKey.Reveal(), token.Reveal())
        : new BasicAWSCredentials(credentials.AccessKey.Reveal(), credentials.SecretKey.Reveal());

    private static string? ArchivedBy(GetObjectMetadataResponse answer)
    {
        var storageClass = answer.StorageClass?.Value;
        if (storageClass is not ("GLACIER" or "DEEP_ARCHIVE"))
        {
            return null;
        }

        return answer switch
        {
            { RestoreInProgress: true } => $"It lies in {storageClass} and is being restored.",
            { RestoreExpiration: not null } => null,
            _ => $"It lies in {storageClass}: it can be read once it was asked back (RestoreObject), hours later.",
        };
    }

    private static Dictionary<string, string> Copy(MetadataCollection metadata)
    {
        const string Header = "x-amz-meta-";
        var copy = new Dictionary<string, string>(metadata.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var name in metadata.Keys)
        {
            copy[name.StartsWith(Header, StringComparison.OrdinalIgnoreCase) ? name[Header.Length..] : name] =
                metadata[name];
        }

        return copy;
    }

    private static string Unquote(string? tag) => (tag ?? "").Trim('"');

    private static DateTimeOffset Utc(DateTime? time) =>
        time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : DateTimeOffset.UnixEpoch;
}
