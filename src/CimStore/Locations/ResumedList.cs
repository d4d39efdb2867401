namespace CimStore.Locations;

/// <summary>A location's listing that may break off, and is then begun again behind what it gave.</summary>
internal sealed class ResumedList(ILocation location, ContentKey? after) : IAsyncDisposable
{
    // The last key whose copies were all given. A listing begins behind a key, and a key may have several copies: so
    // one that breaks off among them begins at the first of them again, and those that were given are left out.
    private readonly HashSet<ulong> _given = [];
    private ContentKey? _behind = after;
    private HeldCopy? _current;
    private IAsyncEnumerator<HeldCopy>? _list;

    public HeldCopy Current => _current!;

    /// <returns>False at the end.</returns>
    /// <exception cref="LocationException">It broke off; asked again, it goes on.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        var isUsable = false;
        try
        {
            _list ??= location.ListCopiesAsync(_behind, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var isFound = false;
            while (!isFound && await _list.MoveNextAsync())
            {
                isFound = IsNew(_list.Current);
            }

            isUsable = true;
            return isFound;
        }
        finally
        {
            if (!isUsable)
            {
                await DisposeAsync();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_list is { } list)
        {
            _list = null;
            await list.DisposeAsync();
        }
    }

    private bool IsNew(HeldCopy held)
    {
        if (_current is { } last && last.Manifest.Key != held.Manifest.Key)
        {
            _behind = last.Manifest.Key;
            _given.Clear();
        }

        if (!_given.Add(held.Manifest.Incarnation))
        {
            return false;
        }

        _current = held;
        return true;
    }
}
