namespace CimStore.Http;

/// <summary>
/// A refusal or failure on the wire (RFC 9457), with two members of ours: the stable code and the kind.
/// </summary>
public sealed record Problem
{
    public const string MediaType = "application/problem+json";

    /// <summary><c>urn:cimstore:problem:</c> and the code.</summary>
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>What happened, what is known now, what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>Stable and public; clients branch on it, never on the text.</summary>
    public required string Code { get; init; }

    /// <summary>
    /// <c>refused</c>, <c>location</c>, <c>integrity</c> or <c>request</c>: which exception both clients throw.
    /// </summary>
    public required string Kind { get; init; }
}
