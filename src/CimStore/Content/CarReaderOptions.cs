namespace CimStore.Content;

/// <summary>What a CAR from outside may ask of us. The limits are those of go-car.</summary>
public sealed class CarReaderOptions
{
    private const int Mebibyte = 1 << 20;

    /// <summary>Longest header (the list of roots).</summary>
    public int HeaderSizeMax
    {
        get;
        set => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 32 * Mebibyte;

    /// <summary>
    /// Longest section (CID and block). Raise it to read archives with one block per content, and then stream the
    /// blocks: <see cref="CarReader.CopyBlockAsync"/> holds no more than the pipes do.
    /// </summary>
    public long SectionSizeMax
    {
        get;
        set => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 8 * Mebibyte;

    /// <summary>Longest block that <see cref="CarReader.ReadBlockAsync"/> holds in memory.</summary>
    public int BlockInMemoryMax
    {
        get;
        set => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    } = 8 * Mebibyte;

    /// <summary>
    /// Lets blocks pass whose hash function is not computed here; <see cref="CarSection.IsVerifiable"/> marks them.
    /// </summary>
    public bool AcceptsUnverifiable { get; set; }
}
