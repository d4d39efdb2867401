namespace CimStore.Content;

/// <summary>What a UnixFS node is, with the numbers of the format.</summary>
public enum UnixFsKind
{
    /// <summary>A leaf in the old form, or a raw block.</summary>
    Raw = 0,
    Directory = 1,
    File = 2,
    Metadata = 3,
    SymbolicLink = 4,

    /// <summary>A part of a directory that is too large for one block.</summary>
    HamtShard = 5,
}
