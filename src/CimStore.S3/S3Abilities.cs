namespace CimStore.S3;

/// <summary>What a server was seen to do.</summary>
[Flags]
internal enum S3Abilities
{
    None = 0,

    /// <summary>Bytes that are not those of their Content-MD5 are refused.</summary>
    RefusesWrongMd5 = 1,

    /// <summary>The ETag is the MD5 of the bytes, so that what arrived can be compared afterwards.</summary>
    TagsByMd5 = 2,

    /// <summary>A PUT with <c>If-None-Match: *</c> replaces nothing.</summary>
    HonoursIfNoneMatch = 4,

    /// <summary>Bytes that are not those of their x-amz-checksum are refused.</summary>
    RefusesWrongChecksum = 8,

    /// <summary>Unfinished uploads are told, so that they can be gone on with and given up.</summary>
    ListsUploads = 16,

    /// <summary>What is under retention is not deleted.</summary>
    LocksObjects = 32,

    All = RefusesWrongMd5 | TagsByMd5 | HonoursIfNoneMatch | RefusesWrongChecksum | ListsUploads | LocksObjects,
}
