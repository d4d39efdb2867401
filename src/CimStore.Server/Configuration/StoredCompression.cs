namespace CimStore.Server.Configuration;

/// <summary>How a location keeps bytes; the numbers are those of the copy's header (D10).</summary>
public enum StoredCompression : byte
{
    None = 0,
    Zstd = 1,
}
