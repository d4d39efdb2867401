using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CimStore.Server.Tests.Http;

/// <summary>A certificate for loopback that nobody signed, in the forms that a node reads.</summary>
internal sealed class SelfMadeCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-tls-");

    public SelfMadeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=cimstore test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        Certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        Pem = Write("node.pem", Certificate.ExportCertificatePem());
        KeyPem = Write("node.key", key.ExportPkcs8PrivateKeyPem());
        Pkcs12 = Path.Combine(_folder.FullName, "node.pfx");
        File.WriteAllBytes(Pkcs12, Certificate.Export(X509ContentType.Pkcs12));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem { get; }

    public string KeyPem { get; }

    public string Pkcs12 { get; }

    public void Dispose()
    {
        Certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
