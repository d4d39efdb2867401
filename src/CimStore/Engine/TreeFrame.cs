using CimStore.Content;
using Microsoft.Win32.SafeHandles;

namespace CimStore.Engine;

/// <summary>One directory while its tree is stored: walked first, complete when its last file is.</summary>
internal sealed class TreeFrame
{
    private readonly SafeFileHandle _directory;
    private readonly List<byte[]> _names;
    private readonly byte[] _prefix;
    private int _next;

    private TreeFrame(SafeFileHandle directory, TreeFrame? parent, byte[] prefix)
    {
        (_directory, Parent, _prefix) = (directory, parent, prefix);
        _names = PosixFile.Names(directory);
    }

    public TreeFrame? Parent { get; }

    /// <summary>Its own entry among the parent's.</summary>
    public int Slot { get; set; }

    public List<DirectoryEntry> Entries { get; } = [];

    /// <summary>Entries whose CID is not known yet.</summary>
    public int Pending { get; set; }

    public bool IsWalked { get; private set; }

    public Cid? Node { get; set; }

    public int Descriptor => (int)_directory.DangerousGetHandle();

    public static TreeFrame Open(int parentDescriptor, ReadOnlySpan<byte> name, TreeFrame? parent, bool followLink)
    {
        var directory = PosixFile.OpenDirectory(parentDescriptor, name, followLink);
        try
        {
            return new TreeFrame(directory, parent, parent is null ? [] : [.. parent.PathOf(name), (byte)'/']);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public bool TryNext(out byte[] name)
    {
        IsWalked = _next >= _names.Count;
        name = IsWalked ? [] : _names[_next++];
        return !IsWalked;
    }

    public byte[] PathOf(ReadOnlySpan<byte> name) => [.. _prefix, .. name];

    public int Add(DirectoryEntry entry)
    {
        Entries.Add(entry);
        return Entries.Count - 1;
    }

    public void Close() => _directory.Dispose();
}
