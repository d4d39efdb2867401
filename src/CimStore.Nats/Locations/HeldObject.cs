using CimStore.Locations;

namespace CimStore.Nats.Locations;

/// <summary>An object that is a copy of ours, as its description says.</summary>
/// <param name="Tree">Null where it is kept without one.</param>
internal sealed record HeldObject(
    CopyManifest Manifest, DateTimeOffset Created, ObjectInfo Info, ChunkSet Content, ChunkSet? Tree)
{
    private const string ChunksKey = "cimstore-chunks";
    private const string TreeKey = "cimstore-tree";
    private const string TreeSizeKey = "cimstore-tree-size";
    private const string TreeChunksKey = "cimstore-tree-chunks";

    public HeldCopy Held => new(Manifest, Created, 1);

    public static string? TreeNuidOf(ObjectInfo info) => info.Metadata?.GetValueOrDefault(TreeKey);

    public static Dictionary<string, string> Metadata(
        CopyManifest manifest, DateTimeOffset created, ChunkSet content, ChunkSet? tree)
    {
        var text = CopyMetadata.Write(manifest, created);
        text[ChunksKey] = content.Sequences.ToString();
        if (tree is not null)
        {
            text[TreeKey] = tree.Nuid;
            text[TreeSizeKey] = CopyMetadata.Text(tree.SizeBytes);
            text[TreeChunksKey] = tree.Sequences.ToString();
        }

        return text;
    }

    /// <exception cref="IntegrityException">It does not say what it must.</exception>
    public static HeldObject Read(ObjectInfo info, CopyName name, ulong incarnation)
    {
        var text = info.Metadata!;
        var (manifest, created) = CopyMetadata.Read(text, name, incarnation);
        if (info.ChunkSizeBytes <= 0 || info.SizeBytes != (manifest.StoredBytes ?? manifest.SizeBytes)
            || info.Chunks != ChunkSet.CountOf(info.SizeBytes, info.ChunkSizeBytes))
        {
            throw new IntegrityException($"The object '{name}' contradicts itself about its size.");
        }

        var content = new ChunkSet(
            info.Nuid, info.SizeBytes, info.ChunkSizeBytes,
            SequenceRuns.Parse(text.GetValueOrDefault(ChunksKey), info.Chunks));
        return new HeldObject(manifest, created, info, content, TreeOf(text, info.ChunkSizeBytes));
    }

    private static ChunkSet? TreeOf(IReadOnlyDictionary<string, string> text, int chunkSizeBytes)
    {
        if (!text.TryGetValue(TreeKey, out var nuid))
        {
            return null;
        }

        var size = CopyMetadata.Number(text, TreeSizeKey)
            ?? throw new IntegrityException("An object does not say how large its tree is.");
        return new ChunkSet(
            nuid, size, chunkSizeBytes,
            SequenceRuns.Parse(
                text.GetValueOrDefault(TreeChunksKey), ChunkSet.CountOf(size, chunkSizeBytes)));
    }
}
