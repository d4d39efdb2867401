namespace CimStore.Server.Configuration;

/// <summary>A directory that the file names, with what the checks across directories need to know of it.</summary>
/// <param name="Location">Whose it is.</param>
/// <param name="Set">The set of a pool; null for a whole location.</param>
/// <param name="Path">Absolute, as it was named.</param>
/// <param name="Real">Without symbolic links.</param>
/// <param name="Labels">Its own over those of the location.</param>
/// <param name="Node">Where the file names it.</param>
internal sealed record ConfiguredDirectory(
    string Location, int? Set, string Path, string Real, IReadOnlyDictionary<string, string> Labels, JsonNodeAt Node)
{
    public string Where => Set is { } set ? $"location {Location}, set {set}" : $"location {Location}";
}
