using System.Net;

namespace CimStore.Adapters.Tests.S3;

/// <summary>What becomes of a request on its way to the server or back.</summary>
public abstract record S3Mishap
{
    /// <summary>The server is not asked: this is said instead.</summary>
    public sealed record Answer(HttpStatusCode Status, string Code) : S3Mishap;

    /// <summary>The answer ends after so many bytes of its body, and the connection with it.</summary>
    public sealed record CutBody(int AfterBytes) : S3Mishap;

    /// <summary>One bit of the answer's body is another one.</summary>
    public sealed record FlipBit(int AtByte) : S3Mishap;

    /// <summary>The connection breaks, and the server never hears of the request.</summary>
    public sealed record DropBefore : S3Mishap;

    /// <summary>The server does what it is asked, and nobody is told.</summary>
    public sealed record DropAfter : S3Mishap;

    /// <summary>Nothing comes, ever.</summary>
    public sealed record Stall : S3Mishap;
}
