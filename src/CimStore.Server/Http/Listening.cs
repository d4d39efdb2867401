using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CimStore.Server.Http;

/// <summary>Kestrel from our options.</summary>
internal static class Listening
{
    public static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        var limits = options.Limits;
        var rate = new MinDataRate(limits.DataRateMinBytesPerSecond, limits.DataRateGrace);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.HeaderSizeMaxBytes;
        kestrel.Limits.MaxRequestLineSize = Math.Min(kestrel.Limits.MaxRequestLineSize, limits.HeaderSizeMaxBytes);
        kestrel.Limits.MaxRequestBodySize = limits.BodySizeMaxBytes;
        kestrel.Limits.MaxConcurrentConnections = limits.ConnectionsMax;
        kestrel.Limits.RequestHeadersTimeout = limits.HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = rate;
        kestrel.Limits.MinResponseDataRate = rate;
        foreach (var address in options.EffectiveListen())
        {
            Listen(kestrel, Exposure.Parse(address)!, options);
        }
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, ServerOptions options)
    {
        if (address.Host == "localhost" && address.Port != 0)
        {
            kestrel.ListenLocalhost(address.Port, Configure);
        }
        else
        {
            // Kestrel cannot take one free port on both loopback addresses.
            var ip = address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(address.DnsSafeHost);
            kestrel.Listen(ip, address.Port, Configure);
        }

        void Configure(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            if (address.Scheme == "https")
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(LoadCertificate(options));
            }
        }
    }

    /// <exception cref="ArgumentException">The certificate cannot be read; the message names the file.</exception>
    private static X509Certificate2 LoadCertificate(ServerOptions options)
    {
        var path = options.CertificatePath!;
        try
        {
            return Path.GetExtension(path) is ".pfx" or ".p12"
                ? X509CertificateLoader.LoadPkcs12FromFile(path, null)
                : X509Certificate2.CreateFromPemFile(path, options.CertificateKeyPath);
        }
        catch (Exception broken) when (broken is IOException or System.Security.Cryptography.CryptographicException
            or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The certificate {path} cannot be read: {broken.Message}", broken);
        }
    }
}
