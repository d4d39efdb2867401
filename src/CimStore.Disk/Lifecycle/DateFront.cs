using System.Buffers.Binary;
using CimStore.Locations;

namespace CimStore.Disk.Lifecycle;

/// <summary>
/// Before which key there are no dates of one kind. Every date that was passed leaves a deletion behind, and a look
/// from the first key on would walk over all of them; so does one from the first key of the page before, when what it
/// found was dated anew and many have the same date.
/// </summary>
internal sealed class DateFront
{
    private readonly HashSet<ContentKey> _found = [];
    private ulong _ticks;
    private byte[] _content = [];
    private ulong _lastTicks;
    private byte[] _lastContent = [];

    /// <returns>False when every date that there can be is at the end or behind it.</returns>
    public bool IsBefore(ulong endTicks) => _ticks < endTicks;

    /// <summary>Writes the date and the part of the key behind it.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> key)
    {
        BinaryPrimitives.WriteUInt64BigEndian(key, _ticks);
        _content.CopyTo(key[sizeof(ulong)..]);
        return sizeof(ulong) + _content.Length;
    }

    /// <summary>A look found nothing before that date.</summary>
    public void FoundNoneBefore(ulong endTicks)
    {
        _found.Clear();
        (_ticks, _content) = (endTicks, []);
    }

    /// <summary>A look found these and no others between the first and the last of them.</summary>
    /// <param name="keys">Of which objects.</param>
    /// <param name="first">The first key, from the date on.</param>
    /// <param name="last">The last one.</param>
    public void Found(IEnumerable<ContentKey> keys, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        _found.Clear();
        _found.UnionWith(keys);
        (_ticks, _content) = (BinaryPrimitives.ReadUInt64BigEndian(first), first[sizeof(ulong)..].ToArray());
        (_lastTicks, _lastContent) = (BinaryPrimitives.ReadUInt64BigEndian(last), last[sizeof(ulong)..].ToArray());
    }

    /// <summary>The object's date is gone. When all are that were found, nothing is left up to the last.</summary>
    public void Removed(in ContentKey key)
    {
        if (_found.Remove(key) && _found.Count == 0)
        {
            (_ticks, _content) = (_lastTicks, _lastContent);
        }
    }

    /// <summary>There is a new date.</summary>
    public void Added(ulong ticks)
    {
        if (ticks <= _lastTicks)
        {
            // Perhaps among those that were found: that they are gone would say nothing of it.
            _found.Clear();
        }

        if (ticks <= _ticks)
        {
            (_ticks, _content) = (ticks, []);
        }
    }
}
