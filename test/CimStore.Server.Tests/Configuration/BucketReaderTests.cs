using CimStore.S3;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

/// <summary>Locations of the kind s3.</summary>
[Trait("row", "B3")]
public sealed class BucketReaderTests
{
    private const string Credentials = """ "credentials": { "accessKeyEnv": "A", "secretKeyEnv": "S" } """;

    [Fact]
    public void A_bucket_is_read_with_the_defaults_of_its_kind()
    {
        var node = Configured.WithLocations(Configured.Log, Bucket($""" "bucket": "b-1", {Credentials} """));

        var bucket = Assert.IsType<LocationConfiguration.Bucket>(node.Tiers.Locations[1]);
        Assert.Equal("s3", bucket.Medium);
        Assert.Equal(S3Profile.Ceph, bucket.Settings.Profile);
        Assert.Equal(new Uri("http://s3:7480"), bucket.Settings.Endpoint);
        Assert.Equal(8 << 20, bucket.Settings.PartBytes);
        Assert.Equal(StoredCompression.Zstd, bucket.Settings.Compression);
        Assert.Null(bucket.Settings.Lock);
    }

    [Fact]
    public void Prices_are_those_of_the_provider_unless_the_file_says_others()
    {
        const string Aws = """ "id": "c", "kind": "s3", "tier": "cold", "profile": "aws", "bucket": "b-1", """;
        var published = Configured.WithLocations(
            Configured.Log, $$"""{ {{Aws}} "storageClass": "GLACIER_IR", {{Credentials}} }""");
        var own = Configured.WithLocations(
            Configured.Log, $$"""{ {{Aws}} "cost": { "perGbMonth": 1 }, {{Credentials}} }""");

        Assert.Equal(0.004, published.Tiers.Locations[1].Cost.DollarsPerGbMonth);
        Assert.Equal(90, published.Tiers.Locations[1].Cost.DaysMin);
        Assert.Equal(1, own.Tiers.Locations[1].Cost.DollarsPerGbMonth);
    }

    [Theory]
    [InlineData(""" "bucket": "Big", "credentials": { "file": "k" } """, "no bucket")]
    [InlineData(""" "bucket": "b-1" """, "credentials")]
    [InlineData(""" "bucket": "b-1", "credentials": { "accessKeyEnv": "A" } """, "secretKeyEnv")]
    [InlineData(""" "bucket": "b-1", "credentials": { "file": "k" }, "prefix": "/x" """, "no prefix")]
    [InlineData(""" "bucket": "b-1", "credentials": { "file": "k" }, "partSize": "1MiB" """, "5MiB")]
    [InlineData(""" "bucket": "b-1", "credentials": { "file": "k" }, "bukcet": "x" """, "bukcet")]
    [InlineData(""" "bucket": "b-1", "credentials": { "file": "k" }, "objectLock": { "mode": "soft", "days": 1 } """,
        "governance")]
    public void What_is_wrong_is_named(string keys, string named)
    {
        var errors = Configured.ErrorsOfLocations(Configured.Log, Bucket(keys));

        Assert.Contains(errors, error => error.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_aws_has_an_endpoint_by_itself()
    {
        var errors = Configured.ErrorsOfLocations(
            Configured.Log, $$"""{ "id": "c", "kind": "s3", "tier": "cold", "bucket": "b-1", {{Credentials}} }""");

        Assert.Contains("endpoint", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static string Bucket(string keys) =>
        $$"""
        { "id": "c", "kind": "s3", "tier": "cold", "profile": "ceph", "endpoint": "http://s3:7480", {{keys}} }
        """;
}
