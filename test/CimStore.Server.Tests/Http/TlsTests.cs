using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Server.Tests.Cli;
using CimStore.Testing.Memory;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>TLS and HTTP/2, from the certificate's file to the bytes.</summary>
[Trait("row", "J11")]
public sealed class TlsTests : IDisposable
{
    private const int LargeBytes = 6_000_000;

    private readonly SelfMadeCertificate _certificate = new();

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Content_is_stored_and_read_back_over_TLS(bool fromPkcs12)
    {
        await using var node = await StartAsync(fromPkcs12: fromPkcs12);
        var content = RandomNumberGenerator.GetBytes(LargeBytes);

        var stored = await StoreAsync(node, content);
        await using var reader = await node.Client.OpenAsync(stored.Cid, RetrieveRequest.Default, Token);
        var read = await ReadAsync(reader!);

        Assert.Equal("https", node.Address.Scheme);
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task A_client_that_does_not_know_the_certificate_says_so_and_sends_nothing()
    {
        var engine = new KeptOpen(await RunningNode.OpenEngineAsync());
        await using var node = await StartAsync(engine);
        await using var stranger = new HttpStorageClient(new CimStoreHttpOptions { Address = node.Address });

        var refused = await Assert.ThrowsAsync<LocationException>(async () => await stranger.StoreAsync(
            PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>([1])), StoreRequest.Default, Token));

        Assert.Equal(LocationFault.Offline, refused.Fault);
        Assert.Contains("SSL", refused.Message, StringComparison.Ordinal);
        Assert.False(engine.FirstStoreBegan.IsCompleted);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_named()
    {
        File.WriteAllText(_certificate.KeyPem, "no key");

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync());

        Assert.Contains(_certificate.Pem, refused.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J2")]
    public async Task HTTP_2_carries_many_requests_over_one_connection()
    {
        await using var node = await StartAsync();
        var contents = Enumerable.Range(0, 50).Select(size => RandomNumberGenerator.GetBytes(size * 30_000)).ToList();

        var stored = await Task.WhenAll(contents.Select(content =>
            ExchangeAsync(node, HttpMethod.Post, "/api/v1/content", content)));
        var read = await Task.WhenAll(stored.Select(answer =>
            ExchangeAsync(node, HttpMethod.Get, answer.Headers.Location!.ToString(), null)));

        Assert.All(stored.Concat(read), answer => Assert.Equal(HttpVersion.Version20, answer.Version));
        for (var index = 0; index < contents.Count; index++)
        {
            Assert.Equal(contents[index], await read[index].Content.ReadAsByteArrayAsync(Token));
        }

        Array.ForEach([.. stored, .. read], answer => answer.Dispose());
    }

    [Fact, Trait("row", "J2")]
    public async Task Over_HTTP_2_too_corruption_is_no_end_of_the_content()
    {
        var store = new MemoryStore(TimeProvider.System, new IdSource(TimeProvider.System));
        await using var node = await StartAsync(await RunningNode.OpenEngineAsync(store));
        var stored = await StoreAsync(node, new byte[LargeBytes]);
        var record = await node.Client.StatAsync(stored.Cid, Token);
        store.Rot(record!.Copies[0].Incarnation, LargeBytes - 10);
        using var message = Message(HttpMethod.Get, $"/api/v1/content/{stored.Cid}");

        using var answer = await node.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);

        Assert.Equal(HttpVersion.Version20, answer.Version);
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null, Token));
    }

    [Fact, Trait("row", "J1")]
    public async Task The_command_line_works_with_a_node_that_needs_TLS_and_a_token()
    {
        using var program = new Cimstore();
        program.Environment["CIMSTORE_TOKEN"] = "correct horse";
        program.Environment["SSL_CERT_FILE"] = _certificate.Pem;
        await using var node = await ServedStore.StartAsync(
            program,
            $$"""
            {
              "CertificatePath": "{{_certificate.Pem}}", "CertificateKeyPath": "{{_certificate.KeyPem}}",
              "TokenReference": "env:CIMSTORE_TOKEN"
            }
            """,
            "https://127.0.0.1:0");
        var file = program.Write("file", "content");

        var put = (await program.RunAsync("put", file)).Ok();
        program.Where = ["--server", node.Address];
        var cat = (await program.RunAsync("cat", put.Cid)).Ok();
        program.Environment["CIMSTORE_TOKEN"] = "wrong horse";
        var wrong = await program.RunAsync("cat", put.Cid);
        program.Environment["SSL_CERT_FILE"] = "/dev/null";
        var stranger = await program.RunAsync("cat", put.Cid);

        Assert.StartsWith("https://", node.Address, StringComparison.Ordinal);
        Assert.Equal("content", cat.Text);
        wrong.Fails(4, "token");
        stranger.Fails(5, "SSL");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<RunningNode> StartAsync(IStorageClient? engine = null, bool fromPkcs12 = false) =>
        RunningNode.StartAsync(
            options =>
            {
                options.Listen = ["https://127.0.0.1:0"];
                options.CertificatePath = fromPkcs12 ? _certificate.Pkcs12 : _certificate.Pem;
                options.CertificateKeyPath = fromPkcs12 ? null : _certificate.KeyPem;
            },
            engine, trusted: _certificate.Certificate);

    private static HttpRequestMessage Message(HttpMethod method, string path) => new(method, path)
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static async Task<HttpResponseMessage> ExchangeAsync(
        RunningNode node, HttpMethod method, string path, byte[]? content)
    {
        using var message = Message(method, path);
        if (content is not null)
        {
            message.Content = new ByteArrayContent(content);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        var answer = await node.Http.SendAsync(message, Token);
        return answer.EnsureSuccessStatusCode();
    }

    private static async Task<StoreResult> StoreAsync(RunningNode node, byte[] content) =>
        await node.Client.StoreAsync(
            PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(content)), StoreRequest.Default, Token);

    private static async Task<byte[]> ReadAsync(IContentReader reader)
    {
        using var memory = new MemoryStream();
        await reader.CopyToAsync(
            PipeWriter.Create(memory, new StreamPipeWriterOptions(leaveOpen: true)), 0, long.MaxValue, Token);
        return memory.ToArray();
    }
}
