using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CimStore.Disk.Embedded;
using CimStore.Engine;
using CimStore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CimStore.Server.Tests.Http;

/// <summary>The samples of docs/dotnet-client.md, run.</summary>
[Trait("row", "J7")]
public sealed class RegistrationTests
{
    [Fact]
    public async Task The_embedded_client_stores_and_reads()
    {
        var directory = Directory.CreateTempSubdirectory("cimstore-");
        try
        {
            var services = new ServiceCollection();
            services.AddCimStore(store =>
            {
                store.DataDirectory = Path.Combine(directory.FullName, "data");
                store.ForceUnsafe = true;
            });
            await using var provider = services.BuildServiceProvider();

            Assert.Equal("hello", await RoundTripAsync(provider.GetRequiredService<IStorageClient>()));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_HTTP_client_stores_and_reads()
    {
        await using var node = await RunningNode.StartAsync();
        var services = new ServiceCollection();
        services.AddCimStoreHttp(options => options.Address = node.Address);
        await using var provider = services.BuildServiceProvider();

        Assert.Equal("hello", await RoundTripAsync(provider.GetRequiredService<IStorageClient>()));
    }

    [Fact]
    public async Task An_embedded_client_that_was_never_used_opens_nothing()
    {
        var services = new ServiceCollection();
        services.AddCimStore(store => store.DataDirectory = "/nonexistent/cimstore");
        await using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<IStorageClient>());
    }

    private static async Task<string> RoundTripAsync(IStorageClient client)
    {
        var token = TestContext.Current.CancellationToken;
        var content = PipeReader.Create(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("hello")));
        var stored = await client.StoreAsync(content, StoreRequest.Default, token);

        await using var reader = await client.OpenAsync(stored.Cid, RetrieveRequest.Default, token);
        using var received = new MemoryStream();
        var writer = PipeWriter.Create(received, new StreamPipeWriterOptions(leaveOpen: true));
        await reader!.CopyToAsync(writer, 0, long.MaxValue, token);
        await writer.CompleteAsync();
        return Encoding.UTF8.GetString(received.ToArray());
    }
}
