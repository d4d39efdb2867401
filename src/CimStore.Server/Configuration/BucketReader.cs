using CimStore.Locations;
using CimStore.S3;

namespace CimStore.Server.Configuration;

/// <summary>Reads the keys of a location of the kind <c>s3</c>.</summary>
/// <param name="folder">What relative paths are relative to: the folder of the file.</param>
internal sealed class BucketReader(string folder, ConfigurationFindings findings)
{
    private const int TextLengthMax = 255;
    private const int LockDaysMax = 36_500;

    public LocationConfiguration.Bucket Read(ObjectReader reader, LocationId id, StorageTier tier)
    {
        var profile = reader.Word("profile", ConfigurationWords.Profiles, S3Profile.Generic);
        if (profile != S3Profile.Aws && reader.Find("endpoint") is null)
        {
            findings.Error(reader.Node, "The key \"endpoint\" is missing: only the profile aws has one by itself.");
        }

        var settings = new S3BucketConfiguration
        {
            Profile = profile,
            Endpoint = Address(reader, "endpoint"),
            Region = reader.Text("region", TextLengthMax) ?? "us-east-1",
            Bucket = Checked(reader, "bucket", required: true, static (options, text) => options.Bucket = text),
            Prefix = Checked(reader, "prefix", required: false, static (options, text) => options.Prefix = text),
            StorageClass = reader.Text("storageClass", TextLengthMax),
            Compression = Compression(reader, tier),
            UsesPathStyle = reader.Find("pathStyle") is null ? null : reader.Flag("pathStyle"),
            Encryption = reader.Word("encryption", ConfigurationWords.Encryptions, S3Encryption.None),
            KmsKeyId = reader.Text("kmsKeyId", TextLengthMax),
            CaFile = Absolute(reader, "caFile"),
            Proxy = Address(reader, "proxy"),
            PartBytes = (int)reader.Size("partSize", S3Options.PartBytesMin, S3Options.PartBytesMax, 8 << 20),
            PartsInFlightMax = reader.Count("partsInFlight", 1, 64, 4),
            RequestTimeout = reader.Duration(
                "requestTimeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), TimeSpan.FromSeconds(60)),
            AbandonedAfter = reader.Duration(
                "abandonedAfter", TimeSpan.FromMinutes(1), TimeSpan.FromDays(365), TimeSpan.FromDays(1)),
            QuotaBytes = reader.Find("quota") is null ? null : reader.Size("quota", 0, long.MaxValue, 0),
            Lock = Lock(reader.Object("objectLock", ConfigurationKeys.ObjectLock)),
        };
        return new LocationConfiguration.Bucket { Id = id, Tier = tier, Settings = Credentials(reader, settings) };
    }

    private S3BucketConfiguration Credentials(ObjectReader reader, S3BucketConfiguration settings)
    {
        const string Allowed = "an object with accessKeyEnv and secretKeyEnv, or with file";
        _ = reader.Require("credentials", Allowed);
        if (reader.Object("credentials", ConfigurationKeys.Credentials) is not { } credentials)
        {
            return settings;
        }

        var read = settings with
        {
            AccessKeyEnv = credentials.Text("accessKeyEnv", TextLengthMax),
            SecretKeyEnv = credentials.Text("secretKeyEnv", TextLengthMax),
            SessionTokenEnv = credentials.Text("sessionTokenEnv", TextLengthMax),
            CredentialsFile = Absolute(credentials, "file"),
        };
        var (hasBoth, hasAny) = (
            read is { AccessKeyEnv: not null, SecretKeyEnv: not null },
            read.AccessKeyEnv is not null || read.SecretKeyEnv is not null || read.SessionTokenEnv is not null);
        if (read.CredentialsFile is null ? !hasBoth : hasAny)
        {
            findings.Error(credentials.Node, $"Allowed is {Allowed}, and not both.");
        }

        return read;
    }

    private StoredCompression Compression(ObjectReader reader, StorageTier tier)
    {
        var otherwise = tier >= StorageTier.Cold ? StoredCompression.Zstd : StoredCompression.None;
        var compression = reader.Word("compression", ConfigurationWords.Compressions, otherwise);
        if (tier == StorageTier.Hot && compression != StoredCompression.None)
        {
            findings.Error(reader.Find("compression")!, "Hot is never compressed (D10): allowed is none.");
        }

        return compression;
    }

    private static S3Lock? Lock(ObjectReader? reader)
    {
        if (reader is null)
        {
            return null;
        }

        _ = reader.Require("mode", "governance or compliance");
        _ = reader.Require("days", $"a whole number 1..{LockDaysMax}");
        return new S3Lock(
            reader.Word("mode", ConfigurationWords.LockModes, false),
            TimeSpan.FromDays(reader.Count("days", 1, LockDaysMax, 1)));
    }

    /// <summary>The rules for it are those of the options.</summary>
    private string Checked(ObjectReader reader, string key, bool required, Action<S3Options, string> set)
    {
        var value = required ? reader.Require(key, "a bucket's name, 3..63 characters") : reader.Find(key);
        if (value is null || reader.Text(key, S3Options.PrefixLengthMax) is not { } text)
        {
            return "";
        }

        try
        {
            set(
                new S3Options
                {
                    Id = default,
                    Traits = null!,
                    Bucket = "unnamed",
                    SpoolDirectory = "",
                    Credentials = null!,
                },
                text);
        }
        catch (ArgumentException wrong)
        {
            findings.Error(value, wrong.Message);
        }

        return text;
    }

    private Uri? Address(ObjectReader reader, string key)
    {
        if (reader.Text(key, TextLengthMax) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address is { Scheme: "http" or "https", UserInfo: "", Query: "" })
        {
            return address;
        }

        findings.Error(
            reader.Find(key)!,
            $"Found \"{text}\"; allowed is http:// or https://, a host and a port, without secrets.");
        return null;
    }

    private string? Absolute(ObjectReader reader, string key) =>
        reader.Text(key, LocationReader.PathLengthMax) is { } path ? Path.GetFullPath(path, folder) : null;
}
