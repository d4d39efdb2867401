using System.Diagnostics;
using CimStore.Content;
using CimStore.Locations;
using CimStore.S3;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>Another's program reads what is in the bucket: rclone, which knows nothing of us.</summary>
[Trait("row", "B4")]
public sealed class S3InteropTests(S3Servers servers)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rclone_lists_and_reads_copies_and_finds_their_md5()
    {
        Requirement.Programs(("rclone", "rclone"));
        using var folder = await S3Folder.MakeAsync(await servers.CephAsync());
        await using var location = await folder.OpenAsync();
        var contents = new Dictionary<string, byte[]>();
        foreach (var size in new[] { 0, 1000, 3_000_000, (2 * S3Options.PartBytesMin) + 7 })
        {
            var content = Samples.Bytes(size, size);
            var copy = await new LocationUnderTest(location).AdmitAsync(content, Token);
            contents[NameOf(Samples.CidOf(content), copy)] = content;
        }

        var listed = await RunAsync(folder, "lsf", "--format", "ps", $"ceph:{folder.Bucket}/store/c");
        var sums = await RunAsync(folder, "md5sum", $"ceph:{folder.Bucket}/store/c");

        Assert.Equal(
            contents.Select(one => $"{one.Key};{one.Value.Length}").Order(StringComparer.Ordinal),
            Lines(listed).Order(StringComparer.Ordinal));
        foreach (var (name, content) in contents)
        {
            Assert.Equal(content, await RunAsync(folder, "cat", $"ceph:{folder.Bucket}/store/c/{name}"));
            if (content.Length <= folder.Options.PartBytes)
            {
                // Of several parts S3 has no MD5 to tell.
                Assert.Contains($"{Md5Digest.Of(content)}  {name}", Lines(sums));
            }
        }
    }

    private static string NameOf(in Cid cid, Copy copy) => $"{cid}.{copy.Incarnation:x16}";

    private static string[] Lines(byte[] said) => System.Text.Encoding.UTF8.GetString(said)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<byte[]> RunAsync(S3Folder folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("rclone", arguments) { RedirectStandardOutput = true };
        var endpoint = folder.Endpoint;

        // A bundle for AWS's own tools is none for this server, and rclone stops at it.
        start.Environment.Remove("AWS_CA_BUNDLE");
        foreach (var (name, value) in new (string Name, string Value)[]
        {
            ("CONFIG", Path.Combine(folder.SpoolDirectory, "none.conf")), ("CONFIG_CEPH_TYPE", "s3"),
            ("CONFIG_CEPH_PROVIDER", "Ceph"), ("CONFIG_CEPH_ENDPOINT", endpoint.Address.ToString()),
            ("CONFIG_CEPH_ACCESS_KEY_ID", endpoint.AccessKey),
            ("CONFIG_CEPH_SECRET_ACCESS_KEY", endpoint.SecretKey), ("LOG_LEVEL", "ERROR"),
        })
        {
            start.Environment["RCLONE_" + name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeMax);
        using var said = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(said, limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.Equal(0, process.ExitCode);
        return said.ToArray();
    }
}
