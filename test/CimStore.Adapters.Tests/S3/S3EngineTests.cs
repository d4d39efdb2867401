using System.Text;
using Amazon.S3.Model;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.S3;

/// <summary>The engine over a bucket: what the bucket gives is proved, and what it holds is enough to begin anew.
/// </summary>
[Trait("row", "B4")]
public sealed class S3EngineTests(S3Servers servers)
{
    private static readonly int[] Sizes = [0, 1, 1024, 1 << 20, 6_000_000];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200_000, false)]
    [InlineData(3_000_000, false)]
    [InlineData(200_000, true)]
    [InlineData(3_000_000, true)]
    public async Task What_comes_other_than_it_was_is_read_elsewhere_and_mended(int size, bool isOnTheWay)
    {
        var ceph = await servers.CephAsync();
        using var folder = await S3Folder.MakeAsync(ceph);
        await using var proxy = new S3Proxy(ceph);
        folder.Options.Endpoint = proxy.Endpoint.Address;
        await using var tiers = await S3Node.OpenAsync(folder);
        var content = Samples.Bytes(size, 11);
        var key = await tiers.StoreAsync(content, Token, copies: 3);
        var before = (await tiers.Node.StatAsync(key.Cid, Token))!;
        var first = before.Copies.Single(copy => copy.Location == S3Node.Cloud);
        Assert.Equal(["cloud", "last"], before.Copies.Select(copy => copy.Location.Name).Order());

        if (isOnTheWay)
        {
            proxy.Mishap = request => request.Is("GET") ? new S3Mishap.FlipBit(size / 2) : null;
        }
        else
        {
            await RotAsync(folder, $"store/c/{key.Cid}.{first.Incarnation:x16}", size / 2);
        }

        var read = await tiers.Node.ReadAsync(key.Cid, Token);
        var found = (await tiers.Node.StatAsync(key.Cid, Token))!;
        proxy.Mishap = null;
        await tiers.Node.Scavenger!.RunAsync(Token);
        var after = (await tiers.Node.StatAsync(key.Cid, Token))!;

        Assert.Equal(content, read);
        Assert.Equal(CopyState.Quarantined, found.Copies.Single(copy => copy.Location == S3Node.Cloud).State);
        Assert.All(after.Copies, copy => Assert.Equal(CopyState.Verified, copy.State));
        Assert.Contains(after.Copies, copy => copy.Location == S3Node.Cloud);

        // What was wrong only on its way is found right, and counts again; what is wrong there is made anew.
        Assert.Equal(isOnTheWay, after.Copies.Any(copy => copy.Incarnation == first.Incarnation));
        Assert.True((await tiers.Node.VerifyAsync(key.Cid, Token))!.IsWhole);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Everything_is_had_back_byte_for_byte_from_the_bucket_alone(bool compresses)
    {
        using var folder = await S3Folder.MakeAsync(await servers.CephAsync());
        var contents = new Dictionary<Cid, byte[]>();
        await using (var before = await S3Node.OpenAsync(folder, compresses))
        {
            var sha = StoreRequest.Default with { HashFunction = HashFunctions.Sha256, Codec = Codecs.DagCbor };
            foreach (var (index, size) in Sizes.Index())
            {
                var bytes = Samples.Bytes(size, index);
                var text = Encoding.UTF8.GetBytes(
                    string.Concat(Enumerable.Repeat($"line {size}\n", size / 8)) + index);
                contents[(await before.StoreAsync(bytes, Token, request: sha)).Cid] = bytes;
                contents[(await before.StoreAsync(text, Token)).Cid] = text;
            }
        }

        using var other = folder.Elsewhere();
        await using var after = await S3Node.OpenAsync(other, compresses);
        var findings = await after.Node.RebuildAsync(new RebuildRequest(S3Node.Cloud), Token).ToListAsync(Token);

        Assert.Equal(contents.Count, findings.Count);
        Assert.All(findings, finding => Assert.Equal(RebuildVerdict.Admitted, finding.Verdict));
        foreach (var (cid, content) in contents)
        {
            Assert.Equal(content, await after.Node.ReadAsync(cid, Token));
            Assert.True((await after.Node.VerifyAsync(cid, Token))!.IsWhole);
        }
    }

    /// <summary>A bit is another one, and all that the object says of itself is as it was.</summary>
    private static async Task RotAsync(S3Folder folder, string name, int at)
    {
        using var client = folder.Endpoint.Client();
        using var held = await client.GetObjectAsync(folder.Bucket, name, Token);
        using var bytes = new MemoryStream();
        await held.ResponseStream.CopyToAsync(bytes, Token);
        bytes.GetBuffer()[at] ^= 1;
        bytes.Position = 0;
        var request = new PutObjectRequest { BucketName = folder.Bucket, Key = name, InputStream = bytes };
        foreach (var said in held.Metadata.Keys)
        {
            request.Metadata.Add(said, held.Metadata[said]);
        }

        await client.PutObjectAsync(request, Token);
    }
}
