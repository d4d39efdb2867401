namespace CimStore.Http;

/// <summary>Header names of the HTTP API beside those of HTTP itself.</summary>
public static class WireHeaders
{
    public const string MessageId = "X-Message-ID";
    public const string CorrelationId = "X-Correlation-ID";
    public const string CausationId = "X-Causation-ID";
    public const string Actor = "X-Actor";

    /// <summary>The CID the content must have; another way to say what <c>PUT /content/{cid}</c> says.</summary>
    public const string ExpectedCid = "X-Expected-CID";

    /// <summary>The content's length when the body is chunked; a shorter or longer body is refused.</summary>
    public const string ContentSize = "X-Content-Size";

    /// <summary>A token from a receipt (its LSN): everything up to it is observed.</summary>
    public const string AtLeast = "X-At-Least-LSN";

    public const string UploadOffset = "Upload-Offset";
    public const string UploadComplete = "Upload-Complete";
    public const string UploadLength = "Upload-Length";
    public const string LastEventId = "Last-Event-ID";

    public const string BatchMediaType = "application/vnd.cimstore.batch";
    public const string PartialUploadMediaType = "application/partial-upload";
    public const string EventStreamMediaType = "text/event-stream";
    public const string LinesMediaType = "application/x-ndjson";
}
