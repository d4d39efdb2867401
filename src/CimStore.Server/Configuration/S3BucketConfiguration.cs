using CimStore.S3;

namespace CimStore.Server.Configuration;

/// <summary>How a bucket is reached and used. Credentials are names, never themselves.</summary>
public sealed record S3BucketConfiguration
{
    public required S3Profile Profile { get; init; }

    public Uri? Endpoint { get; init; }

    public string Region { get; init; } = "us-east-1";

    public required string Bucket { get; init; }

    public string Prefix { get; init; } = "";

    public string? AccessKeyEnv { get; init; }

    public string? SecretKeyEnv { get; init; }

    public string? SessionTokenEnv { get; init; }

    /// <summary>Absolute; read where no variables are named.</summary>
    public string? CredentialsFile { get; init; }

    public string? StorageClass { get; init; }

    public StoredCompression Compression { get; init; }

    /// <summary>Null for what the profile says.</summary>
    public bool? UsesPathStyle { get; init; }

    public S3Encryption Encryption { get; init; }

    public string? KmsKeyId { get; init; }

    /// <summary>Absolute.</summary>
    public string? CaFile { get; init; }

    public Uri? Proxy { get; init; }

    public int PartBytes { get; init; }

    public int PartsInFlightMax { get; init; }

    public TimeSpan RequestTimeout { get; init; }

    public TimeSpan AbandonedAfter { get; init; }

    public long? QuotaBytes { get; init; }

    public S3Lock? Lock { get; init; }

    /// <exception cref="ArgumentException">What is named is absent or empty.</exception>
    public S3Credentials FindCredentials() => CredentialsFile is { } file
        ? S3Credentials.FromFile(file)
        : S3Credentials.FromReferences(
            "env:" + AccessKeyEnv, "env:" + SecretKeyEnv, SessionTokenEnv is { } token ? "env:" + token : null);
}
