using System.Security.Cryptography;
using System.Text.Json;
using CimStore.Locations;
using CimStore.Testing;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>What another implementation's clients make of our buckets, and we of theirs.</summary>
[Trait("row", "C1")]
public sealed class NatsInteropTests(BucketLocationTests.LargeMessageFixture fixture)
    : IClassFixture<BucketLocationTests.LargeMessageFixture>
{
    private static readonly int[] Sizes = [0, 1, 1 << 20, 5 << 20];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Our_objects_and_values_are_read_by_the_other_client()
    {
        var (objects, values) = (await fixture.OpenObjectsAsync(), await fixture.OpenValuesAsync());
        var asked = new List<(string Kind, string Bucket, int Size)>();
        foreach (var size in Sizes)
        {
            await ObjectStoreFaultTests.AdmitAsync(objects, Content(size));
            await ObjectStoreFaultTests.AdmitAsync(values, Content(size));
            asked.Add(("obj", objects.BucketName, size));
            asked.Add(("kv", values.BucketName, size));
        }

        var answers = await RunAsync("get", asked);

        foreach (var (one, answer) in asked.Zip(answers))
        {
            var digest = SHA256.HashData(Content(one.Size));
            Assert.Equal(one.Size, answer.GetProperty("size").GetInt32());
            Assert.Equal(Convert.ToHexStringLower(digest), answer.GetProperty("sha256").GetString());
            if (one.Kind == "obj")
            {
                var text = Convert.ToBase64String(digest).Replace('+', '-').Replace('/', '_');
                Assert.Equal($"SHA-256={text}", answer.GetProperty("digest").GetString());
                Assert.Equal("1", answer.GetProperty("metadata").GetProperty("cimstore-format").GetString());
            }
        }
    }

    [Fact]
    public async Task The_other_clients_objects_and_values_are_proved_and_read()
    {
        var (objects, values) = (await fixture.OpenObjectsAsync(), await fixture.OpenValuesAsync());
        var asked = Sizes.SelectMany(size => new[]
        {
            ("obj", objects.BucketName, size), ("kv", values.BucketName, size),
        }).ToList();

        await RunAsync("put", asked);

        foreach (var location in new ILocation[] { objects, values })
        {
            var listed = await location.ListCopiesAsync(null, Token).ToListAsync(Token);
            foreach (var size in Sizes)
            {
                var key = ContentKey.Shared(Samples.CidOf(Content(size)));
                var copy = ObjectStoreFaultTests.CopyOf(
                    location, listed.Single(held => held.Manifest.Key == key).Manifest.Incarnation);
                var read = new byte[size];

                Assert.Equal(size, await location.ReadAsync(key, copy, 0, read, Token));
                Assert.Equal(Content(size), read);
                Assert.True((await location.InspectAsync(key, copy, null, Token))!.IsWhole);
                var described = await location.DescribeAsync(key, copy, Token);
                Assert.Null(described!.Fault);
                Assert.Equal(size, described.Manifest.SizeBytes);
            }
        }
    }

    private Task<IReadOnlyList<JsonElement>> RunAsync(
        string op, IEnumerable<(string Kind, string Bucket, int Size)> asked) =>
        NodeOracle.RunAsync("buckets.mjs", fixture.Servers.Url().ToString(), string.Concat(asked.Select(one =>
            $"{{\"op\":\"{op}\",\"kind\":\"{one.Kind}\",\"bucket\":\"{one.Bucket}\","
            + $"\"name\":\"{Samples.CidOf(Content(one.Size))}\",\"size\":{one.Size}}}\n")));

    /// <summary>By the rule that the script knows.</summary>
    private static byte[] Content(int size) =>
        [.. Enumerable.Range(0, size).Select(static i => (byte)((i * 31) + (i >> 8)))];
}
