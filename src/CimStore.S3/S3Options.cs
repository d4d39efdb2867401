using CimStore.Locations;

namespace CimStore.S3;

/// <summary>How a bucket is reached, and how copies are kept there. One that exists is valid.</summary>
public sealed class S3Options
{
    public const int PartBytesMin = 5 << 20;
    public const int PartBytesMax = 1 << 30;

    /// <summary>A key has 1024 bytes at most, and the longest name of ours about 320.</summary>
    public const int PrefixLengthMax = 512;

    public required LocationId Id { get; set; }

    public required LocationTraits Traits { get; set; }

    public required string Bucket
    {
        get;
        set => field = value.Length is >= 3 and <= 63 && value.All(IsOfBucket)
            ? value
            : throw new ArgumentException($"'{value}' is no bucket's name: 3..63 of a-z, 0-9, '-' and '.'.");
    }

    /// <summary>Where content waits until it is sealed; ours alone, and emptied when the location is opened.</summary>
    public required string SpoolDirectory { get; set; }

    /// <summary>Where it is remembered which bucket is in use; null does not remember it.</summary>
    public string? StateDirectory { get; set; }

    public S3Profile Profile { get; set; } = S3Profile.Generic;

    /// <summary>Null for AWS's own of the region.</summary>
    public Uri? Endpoint
    {
        get;
        set => field = value is null or { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Query: "" }
            ? value
            : throw new ArgumentException($"'{value}' is no endpoint: http:// or https://, a host and a port.");
    }

    public string Region { get; set; } = "us-east-1";

    /// <summary>What our names begin with: nothing, or something that ends in a slash.</summary>
    public string Prefix
    {
        get;
        set => field = IsPrefix(value)
            ? value
            : throw new ArgumentException(
                $"'{value}' is no prefix: empty, or up to {PrefixLengthMax} of a-z, A-Z, 0-9, '-', '_', '.' and '/', "
                + "not beginning with a slash and ending in one.");
    } = "";

    /// <summary>Null for what the profile says.</summary>
    public bool? UsesPathStyle { get; set; }

    public required S3Credentials Credentials { get; set; }

    /// <summary>Null for the bucket's own.</summary>
    public string? StorageClass { get; set; }

    public S3Encryption Encryption { get; set; }

    /// <summary>Null for the key that the bucket has for this.</summary>
    public string? KmsKeyId { get; set; }

    /// <summary>The certificates (PEM) that are trusted instead of the system's; null for those.</summary>
    public string? CaFile { get; set; }

    public Uri? Proxy { get; set; }

    /// <summary>Content up to this size goes in one request, and larger content in parts of it.</summary>
    public int PartBytes
    {
        get;
        set => field = Limit.Between(value, PartBytesMin, PartBytesMax);
    } = 8 << 20;

    /// <summary>Of one content at once.</summary>
    public int PartsInFlightMax
    {
        get;
        set => field = Limit.Between(value, 1, 64);
    } = 4;

    /// <summary>What waits in memory of all contents together; the rest waits in files.</summary>
    public int BufferBytesMax
    {
        get;
        set => field = Limit.Between(value, 0, 1 << 30);
    } = 64 << 20;

    public int InlineSizeMaxBytes { get; set; } = 1 << 20;

    public TimeSpan ConnectTimeout
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
    } = TimeSpan.FromSeconds(10);

    /// <summary>For the answer to a request; one that carries bytes has a second more for each 64 KiB.</summary>
    public TimeSpan RequestTimeout
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(60);

    /// <summary>An upload that nobody goes on with is given up after this.</summary>
    public TimeSpan AbandonedAfter
    {
        get;
        set => field = Limit.Between(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
    } = TimeSpan.FromDays(1);

    /// <summary>What may be kept here; null is no end.</summary>
    public long? QuotaBytes { get; set; }

    public S3Lock? Lock { get; set; }

    /// <summary>A class from which nothing is read before it was asked back.</summary>
    public bool IsArchive => StorageClass is "GLACIER" or "DEEP_ARCHIVE";

    private static bool IsOfBucket(char one) => one is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.';

    private static bool IsPrefix(string value) =>
        value.Length <= PrefixLengthMax
        && value.All(static one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.' or '/')
        && (value.Length == 0 || (!value.StartsWith('/') && value.EndsWith('/')));
}
