using CimStore.Disk.Directory;
using CimStore.Disk.Files;
using CimStore.Locations;

namespace CimStore.Disk.Pool;

/// <summary>
/// <c>pool.json</c>: which pool a directory belongs to and which of its shards lie there. The node keeps one of its own
/// without a place, which says that the pool was made and how many sets it has.
/// </summary>
/// <param name="Directory">This directory's log; a directory that replaces another has a new one.</param>
/// <param name="Set">-1 in the node's own.</param>
internal sealed record PoolMarker(
    Guid Pool, Guid Directory, int Set, int Index, int Sets, int DataShards, int ParityShards, DateTimeOffset Created)
{
    public const string FileName = "pool.json";
    public const int FormatVersion = 1;

    private static readonly MarkerFile Marker = new("pool", "pool directory", FormatVersion);

    /// <summary>
    /// Whether nothing of anybody's lies there: what ext4 makes in every file system of its own counts for nothing, and
    /// neither does what a marker was written to when the power went.
    /// </summary>
    public static bool IsEmpty(IDisk disk, string directory) => !disk.Exists(directory)
        || disk.List(directory).All(static name => name is "lost+found" or FileName + Durable.TemporarySuffix);

    /// <returns>Null when there is none.</returns>
    /// <exception cref="LocationException">A newer format, or not a marker; nothing was changed.</exception>
    public static PoolMarker? Load(IDisk disk, string directory) => Marker.Load(
        disk, Path.Combine(directory, FileName),
        static root => new PoolMarker(
            root.GetProperty("pool").GetGuid(),
            root.GetProperty("directory").GetGuid(),
            root.GetProperty("set").GetInt32(),
            root.GetProperty("index").GetInt32(),
            root.GetProperty("sets").GetInt32(),
            root.GetProperty("dataShards").GetInt32(),
            root.GetProperty("parityShards").GetInt32(),
            root.GetProperty("created").GetDateTimeOffset()));

    public void Save(IDisk disk, string directory) => Marker.Save(disk, Path.Combine(directory, FileName), writer =>
    {
        writer.WriteString("pool", Pool);
        writer.WriteString("directory", Directory);
        writer.WriteNumber("set", Set);
        writer.WriteNumber("index", Index);
        writer.WriteNumber("sets", Sets);
        writer.WriteNumber("dataShards", DataShards);
        writer.WriteNumber("parityShards", ParityShards);
        writer.WriteString("created", Created);
    });
}
