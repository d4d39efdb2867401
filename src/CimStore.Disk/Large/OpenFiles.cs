using CimStore.Disk.Files;

namespace CimStore.Disk.Large;

/// <summary>
/// Handles of large files, kept open between the reads of a stream. A file that was unlinked stays readable through the
/// handle until its last reader left.
/// </summary>
internal sealed class OpenFiles(IDisk disk) : IDisposable
{
    private const int IdleMax = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _idle = new();

    public Lease Enter(string path)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(path, out var entry))
            {
                entry = new Entry(path, disk.Open(path, DiskAccess.Read));
                _entries[path] = entry;
            }

            if (entry.Idle is not null)
            {
                _idle.Remove(entry.Idle);
                entry.Idle = null;
            }

            entry.Readers++;
            return new Lease(this, entry);
        }
    }

    /// <summary>The next reader opens the name anew, and finds it gone.</summary>
    public void Forget(string path)
    {
        lock (_gate)
        {
            if (_entries.Remove(path, out var entry))
            {
                entry.IsForgotten = true;
                CloseIfIdle(entry);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values.ToArray())
            {
                entry.IsForgotten = true;
                CloseIfIdle(entry);
            }

            _entries.Clear();
        }
    }

    private void Leave(Entry entry)
    {
        lock (_gate)
        {
            entry.Readers--;
            if (entry.IsForgotten)
            {
                CloseIfIdle(entry);
                return;
            }

            if (entry.Readers == 0)
            {
                entry.Idle = _idle.AddLast(entry);
                if (_idle.Count > IdleMax)
                {
                    var oldest = _idle.First!.Value;
                    _entries.Remove(oldest.Path);
                    oldest.IsForgotten = true;
                    CloseIfIdle(oldest);
                }
            }
        }
    }

    private void CloseIfIdle(Entry entry)
    {
        if (entry.Readers > 0)
        {
            return;
        }

        if (entry.Idle is not null)
        {
            _idle.Remove(entry.Idle);
            entry.Idle = null;
        }

        entry.File.Dispose();
    }

    internal readonly struct Lease(OpenFiles owner, Entry entry) : IDisposable
    {
        public IDiskFile File => entry.File;

        public void Dispose() => owner.Leave(entry);
    }

    internal sealed class Entry(string path, IDiskFile file)
    {
        public string Path { get; } = path;

        public IDiskFile File { get; } = file;

        public int Readers { get; set; }

        public bool IsForgotten { get; set; }

        public LinkedListNode<Entry>? Idle { get; set; }
    }
}
