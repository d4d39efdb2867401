using CimStore.Content;

namespace CimStore.Engine;

/// <summary>What a block links to, when its codec has links and the block is what its codec says.</summary>
internal static class ContentLinks
{
    public static IEnumerable<Cid> Of(Cid cid, ReadOnlySpan<byte> block)
    {
        try
        {
            return cid.Codec switch
            {
                Codecs.DagCbor => [.. DagCbor.Decode(block).Links()],
                Codecs.DagJson => [.. DagJson.Decode(block).Links()],
                Codecs.DagPb => [.. DagPb.Decode(block).Links.Select(link => link.Hash)],
                _ => [],
            };
        }
        catch (ContentFormatException)
        {
            // Content is taken as given: a codec that does not fit only means that there are no links to follow.
            return [];
        }
    }
}
