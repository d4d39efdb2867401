using System.Collections.Immutable;
using CimStore.Http;
using CimStore.Locations;
using CimStore.S3;

namespace CimStore.Adapters.Tests.S3;

/// <summary>A bucket of its own and the options to open it by, which a test may change.</summary>
internal sealed class S3Folder : IDisposable
{
    private readonly DirectoryInfo _spool = Directory.CreateTempSubdirectory("cimstore-spool-");
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("cimstore-state-");

    private S3Folder(S3Endpoint endpoint, string bucket)
    {
        (Endpoint, Bucket) = (endpoint, bucket);
        Options = new S3Options
        {
            Id = new LocationId("cloud"),
            Traits = new LocationTraits
            {
                Tier = StorageTier.Cold,
                Medium = "s3",
                Labels = ImmutableDictionary<string, string>.Empty,
            },
            Profile = endpoint.Profile,
            Endpoint = endpoint.Address,
            Bucket = bucket,
            Prefix = "store/",
            SpoolDirectory = _spool.FullName,
            StateDirectory = _state.FullName,
            Credentials = new S3Credentials(
                Secret.FromValue(endpoint.AccessKey), Secret.FromValue(endpoint.SecretKey)),
            PartBytes = S3Options.PartBytesMin,
        };
    }

    public S3Endpoint Endpoint { get; }

    public string Bucket { get; }

    public S3Options Options { get; }

    public string SpoolDirectory => _spool.FullName;

    public static async Task<S3Folder> MakeAsync(S3Endpoint endpoint, bool withLock = false) =>
        new(endpoint, await endpoint.MakeBucketAsync(withLock));

    public static S3Folder Of(S3Endpoint endpoint, string bucket) => new(endpoint, bucket);

    /// <summary>The same bucket, as another machine sees it.</summary>
    public S3Folder Elsewhere() => new(Endpoint, Bucket);

    public ValueTask<S3Location> OpenAsync(TimeProvider? time = null) =>
        S3Location.OpenAsync(Options, time ?? TimeProvider.System, null, CancellationToken.None);

    public void Dispose()
    {
        _spool.Delete(recursive: true);
        _state.Delete(recursive: true);
    }
}
