namespace CimStore.Server.Configuration;

/// <summary>A directory that holds one shard of each copy of its set.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Labels">The pool's labels, and its own over them.</param>
public sealed record PoolDirectoryConfiguration(string Path, IReadOnlyDictionary<string, string> Labels);
