using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>What the server, the SDK and the network say, in the words of the port: one table for all.</summary>
internal static class S3Faults
{
    private static readonly Dictionary<string, LocationFault> Codes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SlowDown"] = LocationFault.Throttled,
        ["ServiceUnavailable"] = LocationFault.Throttled,
        ["Throttling"] = LocationFault.Throttled,
        ["ThrottlingException"] = LocationFault.Throttled,
        ["RequestLimitExceeded"] = LocationFault.Throttled,
        ["TooManyRequests"] = LocationFault.Throttled,
        ["OperationAborted"] = LocationFault.Throttled,
        ["QuotaExceeded"] = LocationFault.Full,
        ["XMinioStorageFull"] = LocationFault.Full,
        ["XMinioAdminBucketQuotaExceeded"] = LocationFault.Full,
        ["InsufficientCapacity"] = LocationFault.Full,
        ["StorageFull"] = LocationFault.Full,
        ["InternalError"] = LocationFault.Unknown,
        ["RequestTimeout"] = LocationFault.Unknown,
    };

    /// <summary>What is known to be wrong, and what mends it.</summary>
    private static readonly Dictionary<string, string> Remedies = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ExpiredToken"] = "The session token has expired: get a new one.",
        ["TokenRefreshRequired"] = "The session token has to be renewed.",
        ["InvalidToken"] = "The session token is not one of this server's.",
        ["InvalidAccessKeyId"] = "The access key is not known there: check accessKey and the endpoint.",
        ["SignatureDoesNotMatch"] = "The signature is refused: check the secret key, the region and the endpoint.",
        ["AccessDenied"] = "These credentials may not do that here: check the rights of the access key on the bucket.",
        ["AllAccessDisabled"] = "The account is disabled.",
        ["InvalidObjectState"] =
            "It lies in an archive class: it can be read once it was asked back (RestoreObject), hours later.",
        ["BadDigest"] = "The bytes changed on their way.",
        ["InvalidStorageClass"] = "The server has no such storage class: check storageClass.",
        ["AuthorizationHeaderMalformed"] = "The region is another one: check region.",
        ["PermanentRedirect"] = "The bucket is at another endpoint: check region and endpoint.",
    };

    /// <param name="what">What was to be done, as the object of a sentence.</param>
    /// <param name="changes">Whether it may have changed something.</param>
    /// <param name="failure">What came instead.</param>
    /// <param name="target">Who was asked.</param>
    public static LocationException Translate(string what, bool changes, Exception failure, S3Target target)
    {
        var service = Find<AmazonServiceException>(failure);
        var (fault, why) = service is { StatusCode: not 0 }
            ? OfAnswer(service, changes, target)
            : OfNetwork(failure, changes, target);
        var known = (fault, changes) switch
        {
            (LocationFault.Unknown, true) => " It may or may not have happened.",
            (_, true) => " Nothing was changed.",
            _ => " Nothing is known of it.",
        };
        return new LocationException(
            fault, $"The location {target.Location} could not {what}: {why}{known}", failure);
    }

    public static LocationException TimedOut(string what, bool changes, TimeSpan limit, S3Target target) => new(
        changes ? LocationFault.Unknown : LocationFault.Offline,
        $"The location {target.Location} could not {what}: {target.Endpoint} gave no answer within {limit}. "
        + (changes ? "It may or may not have happened." : "Nothing is known of it."));

    /// <summary>No object of that name; a bucket that is missing is another thing.</summary>
    public static bool IsAbsent(AmazonServiceException failure) =>
        failure.StatusCode == HttpStatusCode.NotFound
        && failure.ErrorCode is null or "" or "NoSuchKey" or "NotFound" or "NoSuchVersion";

    /// <summary>The server answered that it will not: each says it by a status of its own choice.</summary>
    public static bool IsRefusal(LocationException failure) =>
        failure.InnerException is AmazonServiceException
        {
            StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed
                or HttpStatusCode.Conflict,
        };

    private static (LocationFault Fault, string Why) OfAnswer(
        AmazonServiceException failure, bool changes, S3Target target)
    {
        var code = failure.ErrorCode ?? "";
        var status = (int)failure.StatusCode;
        var said = $"{target.Endpoint} answered {status} {code}".TrimEnd() + ".";
        if (code == "NoSuchBucket")
        {
            return (LocationFault.Offline, $"{said} The bucket {target.Bucket} does not exist.");
        }

        if (code is "RequestTimeTooSkewed" or "RequestExpired")
        {
            return (LocationFault.Offline, $"{said} {target.DescribeSkew()}");
        }

        if (Codes.TryGetValue(code, out var fault))
        {
            return (fault == LocationFault.Unknown && !changes ? LocationFault.Offline : fault, said);
        }

        if (Remedies.TryGetValue(code, out var remedy))
        {
            return (LocationFault.Offline, $"{said} {remedy}");
        }

        return (OfStatus(status, changes), $"{said} {failure.Message}".TrimEnd());
    }

    private static LocationFault OfStatus(int status, bool changes) => status switch
    {
        429 or 503 => LocationFault.Throttled,
        507 => LocationFault.Full,
        408 or >= 500 when changes => LocationFault.Unknown,
        _ => LocationFault.Offline,
    };

    private static (LocationFault Fault, string Why) OfNetwork(Exception failure, bool changes, S3Target target)
    {
        if (Find<AuthenticationException>(failure) is { } tls)
        {
            return (LocationFault.Offline,
                $"{target.Endpoint} shows a certificate that is not trusted ({tls.Message}): check caFile.");
        }

        if (Find<HttpRequestException>(failure) is { } request)
        {
            return request.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError =>
                    (LocationFault.Offline, $"The name of {target.Endpoint} is not found: check endpoint and DNS."),
                HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError =>
                    (LocationFault.Offline, $"{target.Endpoint} cannot be reached ({Cause(request)})."),
                HttpRequestError.SecureConnectionError =>
                    (LocationFault.Offline, $"No secure connection to {target.Endpoint} ({Cause(request)})."),
                _ => Broken(changes, target, Cause(request)),
            };
        }

        return Broken(changes, target, Cause(failure));
    }

    private static (LocationFault Fault, string Why) Broken(bool changes, S3Target target, string cause) => (
        changes ? LocationFault.Unknown : LocationFault.Offline,
        $"The connection to {target.Endpoint} broke off ({cause}).");

    private static string Cause(Exception failure) =>
        (Find<SocketException>(failure)?.Message ?? failure.GetBaseException().Message).TrimEnd('.');

    private static T? Find<T>(Exception failure)
        where T : Exception
    {
        for (var one = failure; one is not null; one = one.InnerException)
        {
            if (one is T found)
            {
                return found;
            }
        }

        return null;
    }
}
