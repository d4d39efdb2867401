using System.Collections.Frozen;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Http;

/// <summary>
/// The one table between what the domain refuses and what HTTP says. The node reads it from left to right, the client
/// from right to left, so that both implementations of <see cref="IStorageClient"/> throw the same.
/// </summary>
public static class ProblemTable
{
    public const string RefusedKind = "refused";
    public const string LocationKind = "location";
    public const string IntegrityKind = "integrity";

    /// <summary>The request itself cannot be read or taken; only callers that are not our client see it.</summary>
    public const string RequestKind = "request";

    private const string TypePrefix = "urn:cimstore:problem:";

    private static readonly FrozenDictionary<string, ProblemForm> Forms = Rows().ToFrozenDictionary(form => form.Code);

    /// <summary>Every row, for the documentation and for the tests that walk them.</summary>
    public static IEnumerable<ProblemForm> All => Rows();

    /// <summary>The row of a refusal; a code that is not listed is a refusal by a rule all the same.</summary>
    public static ProblemForm FormOf(string code) =>
        Forms.TryGetValue(code, out var form) ? form : new ProblemForm(code, 422, "Refused by a rule", RefusedKind);

    public static Problem Describe(string code, string detail)
    {
        var form = FormOf(code);
        return new Problem
        {
            Type = TypePrefix + code,
            Title = form.Title,
            Status = form.Status,
            Detail = detail,
            Code = code,
            Kind = form.Kind,
        };
    }

    /// <returns>Null when the exception is none of the domain's: a bug.</returns>
    public static Problem? Describe(Exception exception) => exception switch
    {
        RefusedException refused => Describe(refused.Refusal.Code, refused.Refusal.Message),
        LocationException failed => Describe(CodeOf(failed.Fault), failed.Message),
        IntegrityException corrupt => Describe("corrupt", corrupt.Message),
        _ => null,
    };

    /// <summary>The exception that the in-process client would have thrown.</summary>
    public static Exception ToException(Problem problem) => problem.Kind switch
    {
        LocationKind => new LocationException(FaultOf(problem.Code), problem.Detail),
        IntegrityKind => new IntegrityException(problem.Detail),
        _ => new RefusedException(new Refusal(problem.Code, problem.Detail)),
    };

    private static string CodeOf(LocationFault fault) => fault switch
    {
        LocationFault.Full => "full",
        LocationFault.IntakeStopped => "intake-stopped",
        LocationFault.Throttled => "throttled",
        LocationFault.Offline or LocationFault.Medium or LocationFault.Retained => "offline",
        _ => "outcome-unknown",
    };

    private static LocationFault FaultOf(string code) => code switch
    {
        "full" => LocationFault.Full,
        "intake-stopped" => LocationFault.IntakeStopped,
        "throttled" or "too-many-requests" => LocationFault.Throttled,
        "offline" => LocationFault.Offline,
        _ => LocationFault.Unknown,
    };

    private static IEnumerable<ProblemForm> Rows() =>
    [
        // The request cannot be read.
        new("malformed-request", 400, "The request cannot be read", RequestKind),
        new("malformed-cid", 400, "Not a CID", RequestKind),
        new("malformed-parameter", 400, "A parameter cannot be read", RequestKind),
        new("malformed-body", 400, "The body cannot be read", RequestKind),
        new("truncated-body", 400, "The body ended before its stated length", RequestKind),
        new("unauthorized", 401, "A bearer token is needed", RequestKind),
        new("foreign-host", 403, "Asked under a foreign host name or from a foreign page", RequestKind),
        new("no-such-route", 404, "No such resource", RequestKind),
        new("method-not-allowed", 405, "The resource does not know this method", RequestKind),
        new("request-too-slow", 408, "The body came too slowly", RequestKind),
        new("body-too-large", 413, "The body is larger than the limit", RequestKind),
        new("unsupported-media-type", 415, "The body has another media type than this resource takes", RequestKind),
        new("range-not-satisfiable", 416, "The range lies outside the content", RequestKind),
        new("headers-too-large", 431, "The headers are larger than the limit", RequestKind),

        // Absent.
        new("not-found-here", 404, "Not found here", RefusedKind),
        new("name-not-found", 404, "No such name here", RefusedKind),
        new("job-not-found", 404, "No such job here", RefusedKind),
        new("upload-not-found", 404, "No such upload here", RefusedKind),
        new("dead-letter-not-found", 404, "No such dead letter here", RefusedKind),

        // Refused by a rule: nothing changed.
        new("hash-unsupported", 422, "Hash function not supported", RefusedKind),
        new("codec-unknown", 422, "Codec not supported", RefusedKind),
        new("cid-mismatch", 422, "The content has another CID than expected", RefusedKind),
        new("length-mismatch", 422, "The content has another length than stated", RefusedKind),
        new("too-large-for-batch", 413, "The item is too large for a batch", RefusedKind),
        new("batch-too-large", 413, "The batch is larger than the limit", RefusedKind),
        new("message-id-reused", 409, "The message id was used for another request", RefusedKind),
        new("message-id-expired",
            409, "The message id is older than the window in which repeats are known", RefusedKind),
        new("name-changed", 412, "The name does not name what was expected", RefusedKind),
        new("name-exists", 412, "The name exists", RefusedKind),
        new("precondition-failed", 412, "The precondition does not hold", RefusedKind),
        new("class-unsatisfied", 422, "The locations cannot satisfy the durability class", RefusedKind),
        new("not-synced", 422, "The location cannot sync before it answers", RefusedKind),
        new("token-not-observed", 503, "The position of the token is not reached here yet", RefusedKind, 1),
        new("content-not-found", 409, "The content to be named is not here", RefusedKind),
        new("name-invalid", 400, "Not a name", RefusedKind),
        new("name-without-target", 400, "A name is set to a CID", RefusedKind),
        new("reference-named", 422, "The reference belongs to a name", RefusedKind),
        new("below-class", 422, "The class needs more copies", RefusedKind),
        new("region-denied", 422, "No location in an allowed region can take the content", RefusedKind),
        new("level-unsatisfied", 422, "The consistency level needs copies that can only follow later", RefusedKind),
        new("no-location", 422, "No location can take the content", RefusedKind),
        new("locked", 423, "A lock or hold forbids it", RefusedKind),
        new("upload-offset-mismatch", 409, "The upload stands at another offset", RefusedKind),
        new("upload-busy", 409, "Another request is writing to the upload", RefusedKind),
        new("no-tiers", 422, "The node has one location", RefusedKind),
        new("location-unknown", 404, "No such location here", RefusedKind),
        new("location-home", 409, "The location is the journal's own", RefusedKind),
        new("location-not-empty", 409, "The location is not drained", RefusedKind),
        new("location-retired", 409, "The location is retired for good", RefusedKind),
        new("job-invalid", 422, "The job cannot be done so", RefusedKind),
        new("job-finished", 409, "The job is over", RefusedKind),
        new("too-many-jobs", 503, "Too many jobs are open", RefusedKind, RetryAfterSeconds: 30),
        new("fsck-cursor", 422, "Not a place to go on from", RefusedKind),
        new("fsck-running", 503, "Catalog and locations are being compared", RefusedKind, RetryAfterSeconds: 30),
        new("no-translation", 422, "The node has no rules to translate events", RefusedKind),
        new("dead-letters-full", 503, "There is no room for another dead letter", RefusedKind, RetryAfterSeconds: 30),
        new("check-running", 503, "A check is running", RefusedKind, RetryAfterSeconds: 30),
        new("busy", 503, "Too many commands at once", RefusedKind, RetryAfterSeconds: 1),
        new("deadline-passed", 408, "The command's deadline has passed", RefusedKind),
        new("too-many-uploads", 503, "Too many uploads are open", RefusedKind, RetryAfterSeconds: 30),

        // Failed outside.
        new("full", 507, "Out of space", LocationKind),
        new("intake-stopped", 507, "No new content is taken before there is room", LocationKind),
        new("throttled", 503, "Too much at once", LocationKind, RetryAfterSeconds: 1),
        new("too-many-requests", 503, "Too many requests at once", LocationKind, RetryAfterSeconds: 1),
        new("offline", 503, "The store takes no work", LocationKind, RetryAfterSeconds: 10),
        new("outcome-unknown", 500, "Whether it was done is not known", LocationKind),
        new("internal", 500, "A bug in the node", LocationKind),

        // Corrupt: the node is a gateway to locations, and what a location answered is wrong (RFC 9110, 15.6.3).
        new("corrupt", 502, "No copy of the content is right", IntegrityKind),
    ];
}
