namespace CimStore.Content;

/// <summary>One entry of a UnixFS directory.</summary>
public readonly record struct UnixFsEntry(string Name, Cid Cid);
