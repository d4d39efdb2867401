namespace CimStore.Nats.Commands;

/// <summary>Names of headers; docs/nats.md is the page for users.</summary>
internal static class CommandHeaders
{
    public const string ContentType = "Content-Type";
    public const string DeduplicationId = "Nats-Msg-Id";
    public const string MessageId = "X-Message-ID";
    public const string CorrelationId = "X-Correlation-ID";
    public const string CausationId = "X-Causation-ID";
    public const string CommandId = "X-Command-ID";
    public const string Status = "X-Status";
    public const string Cid = "X-CID";
    public const string Root = "X-Root-CID";
    public const string ContentSize = "X-Content-Size";
    public const string Offset = "X-Offset";
    public const string Length = "X-Length";
    public const string ChunkIndex = "X-Chunk-Index";
    public const string ChunkLast = "X-Chunk-Last";

    public const string Json = "application/json";
    public const string Bytes = "application/octet-stream";

    /// <summary>What every header block of ours fits in; so much less than the server takes is left for content.
    /// </summary>
    public const int BudgetBytes = 4096;

    /// <summary>The header that says the same as a member of the body: <c>expected_cid</c> is
    /// <c>X-Expected-CID</c>; the case does not matter.</summary>
    public static string Of(string member) => "X-" + member.Replace('_', '-');
}
