namespace CimStore.Disk.Catalog;

/// <summary>
/// All pairs of an index in order, a page at a time. Counted accesses are left out: they are not exact.
/// </summary>
internal sealed class IndexWalk
{
    private readonly IndexSnapshot _index;
    private readonly int _pageSize;
    private List<(byte[] Key, byte[] Value)> _page = [];
    private int _at;

    public IndexWalk(IndexSnapshot index, int pageSize)
    {
        (_index, _pageSize) = (index, pageSize);
        Fetch([0]);
    }

    public bool IsAtEnd => _at == _page.Count;

    public ReadOnlySpan<byte> Key => _page[_at].Key;

    public ReadOnlySpan<byte> Value => _page[_at].Value;

    public void Advance()
    {
        if (++_at == _page.Count)
        {
            Fetch(_page[^1].Key);
        }
    }

    private void Fetch(byte[] after)
    {
        _at = 0;
        _page = _index.Page(
            [], after, after: true, _pageSize, static (key, value) => (key.ToArray(), value.ToArray()));
    }
}
