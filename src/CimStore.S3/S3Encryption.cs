namespace CimStore.S3;

/// <summary>How the server is asked to encrypt what it keeps. It has the key: this is against stolen disks.</summary>
public enum S3Encryption
{
    None = 0,

    /// <summary>With keys of the server's own (SSE-S3).</summary>
    Aes256 = 1,

    /// <summary>With a key of its key service (SSE-KMS).</summary>
    Kms = 2,
}
