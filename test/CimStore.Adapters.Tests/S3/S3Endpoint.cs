using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CimStore.S3;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A server that runs, and the SDK's own client for what a test does behind the adapter's back.</summary>
public sealed class S3Endpoint(Uri address, string accessKey, string secretKey, S3Profile profile)
{
    public Uri Address => address;

    public string AccessKey => accessKey;

    public string SecretKey => secretKey;

    public S3Profile Profile => profile;

    public AmazonS3Client Client() => new(
        new BasicAWSCredentials(accessKey, secretKey),
        new AmazonS3Config
        {
            ServiceURL = address.ToString(),
            AuthenticationRegion = "us-east-1",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    /// <summary>A bucket of its own for a test.</summary>
    public async Task<string> MakeBucketAsync(bool withLock = false)
    {
        var name = "test-" + Path.GetRandomFileName().Replace('.', '-');
        using var client = Client();
        await client.PutBucketAsync(new PutBucketRequest { BucketName = name, ObjectLockEnabledForBucket = withLock });
        return name;
    }
}
