using System.Net;

namespace CimStore.Server;

/// <summary>
/// D38: beyond loopback a node needs TLS and a token. Decided before anything is opened, on what was asked for.
/// </summary>
public static class Exposure
{
    /// <returns>Why the node must not listen like this, or null when it may.</returns>
    public static string? Refuse(ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var addresses = options.EffectiveListen();
        if (addresses.Count > ServerOptions.ListenMax)
        {
            return $"At most {ServerOptions.ListenMax} addresses can be listened on.";
        }

        foreach (var address in addresses)
        {
            if (Parse(address) is not { } uri)
            {
                return $"'{address}' is no address to listen on: http://HOST:PORT or https://HOST:PORT is needed.";
            }

            if (RefuseOne(uri, options) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>An address as Kestrel will bind it: an IP address or localhost, without a path.</summary>
    internal static Uri? Parse(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.PathAndQuery == "/"
            && (uri.Host == "localhost" || IPAddress.TryParse(uri.DnsSafeHost, out _))
            ? uri
            : null;

    internal static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static string? RefuseOne(Uri uri, ServerOptions options)
    {
        var isTls = uri.Scheme == "https";
        if (isTls && options.CertificatePath is null)
        {
            return $"{uri} needs a certificate.";
        }

        if (IsLoopback(uri.DnsSafeHost) || options.Insecure || (isTls && options.TokenReference is not null))
        {
            return null;
        }

        var missing = isTls ? "a token" : options.TokenReference is null ? "TLS and a token" : "TLS";
        return $"{uri} can be reached from other machines and has not {missing} (D38). Listen on 127.0.0.1, add "
            + "what is missing, or accept the risk with --insecure.";
    }
}
