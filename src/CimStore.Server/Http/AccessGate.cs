using System.Security.Cryptography;
using System.Text;
using CimStore.Http;
using Microsoft.AspNetCore.Http;

namespace CimStore.Server.Http;

/// <summary>
/// Who may ask. With a token: only who shows it. Without one: only this machine's own programs. A web page that the
/// user
/// visits must not reach the node through the user's browser, neither by a foreign name that resolves to 127.0.0.1 nor
/// by
/// a request across sites.
/// </summary>
internal sealed class AccessGate
{
    private readonly byte[]? _tokenDigest;
    private readonly bool _checksHost;

    public AccessGate(Secret? token, bool insecure)
    {
        _tokenDigest = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal()));
        _checksHost = token is null && !insecure;
    }

    /// <returns>The problem to answer with, or null when the request may pass.</returns>
    public Problem? Refuse(HttpRequest request)
    {
        if (request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            return null;
        }

        if (_tokenDigest is not null)
        {
            return HasToken(request)
                ? null
                : ProblemTable.Describe("unauthorized", "The request carries no bearer token, or another one.");
        }

        if (_checksHost && !Exposure.IsLoopback(request.Host.Host))
        {
            return ProblemTable.Describe(
                "foreign-host", $"This node answers under loopback names, not as '{request.Host.Host}'.");
        }

        return request.Headers["Sec-Fetch-Site"] == "cross-site"
            ? ProblemTable.Describe("foreign-host", "A page of another site must not use this node.")
            : null;
    }

    /// <summary>
    /// Digests are compared, so that neither length nor prefix of the token shows in the time it takes.
    /// </summary>
    private bool HasToken(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim())), _tokenDigest);
    }
}
