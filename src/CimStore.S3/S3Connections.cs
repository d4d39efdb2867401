using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using CimStore.Locations;

namespace CimStore.S3;

/// <summary>The one HTTP client of a location: its certificates, its proxy, its limits.</summary>
internal sealed class S3Connections : HttpClientFactory, IDisposable
{
    private const int ConnectionsMax = 128;

    private readonly HttpClient _client;

    public S3Connections(S3Options options, S3Target target)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = ConnectionsMax,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,

            // A name may come to mean other machines.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseProxy = options.Proxy is not null,
            Proxy = options.Proxy is { } proxy ? new WebProxy(proxy) : null,
        };
        if (options.CaFile is { } file)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(Load(file, options.Id));
        }

        _client = new HttpClient(new DateReader(handler, target)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private static X509Certificate2Collection Load(string file, LocationId location)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException
            or System.Security.Cryptography.CryptographicException)
        {
            throw new LocationException(
                LocationFault.Offline,
                $"The location {location} cannot be opened: its caFile {file} cannot be read: {failure.Message}",
                failure);
        }

        return certificates.Count > 0
            ? certificates
            : throw new LocationException(
                LocationFault.Offline,
                $"The location {location} cannot be opened: its caFile {file} holds no certificate (PEM).");
    }

    /// <summary>A signature is refused where clocks differ; what comes with each answer says by how much.</summary>
    private sealed class DateReader(HttpMessageHandler inner, S3Target target) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.Headers.Date is { } date)
            {
                target.NoteDate(date);
            }

            return answer;
        }
    }
}
