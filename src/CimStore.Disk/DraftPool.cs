using CimStore.Journal;

namespace CimStore.Disk;

/// <summary>Entry drafts with their buffers, used again: under load they would be most of the garbage.</summary>
internal sealed class DraftPool
{
    private const int KeptMax = 512;
    private const int KeptSizeBytesMax = 16 << 10;

    private readonly Lock _gate = new();
    private readonly Stack<EntryDraft> _drafts = new();

    public EntryDraft Rent()
    {
        lock (_gate)
        {
            return _drafts.TryPop(out var draft) ? draft : new EntryDraft();
        }
    }

    public void Return(EntryDraft draft)
    {
        lock (_gate)
        {
            if (_drafts.Count < KeptMax && draft.SizeMax <= KeptSizeBytesMax)
            {
                _drafts.Push(draft);
            }
        }
    }
}
