using System.Globalization;
using CimStore.Diagnostics;

namespace CimStore.Cli.Terminal;

/// <summary>
/// One line of progress on a terminal's standard error, redrawn a few times a second; nothing at all when nobody
/// watches.
/// </summary>
internal sealed class Progress(CliSession session, string verb) : IDisposable
{
    private static readonly TimeSpan RedrawAfter = TimeSpan.FromMilliseconds(200);
    private long _started = session.Time.GetTimestamp();
    private long _drawn = session.Time.GetTimestamp();
    private long _items;
    private long _bytes;
    private bool _isShown;
    private string _verb = verb;

    public void Add(long items, long bytes)
    {
        _items += items;
        _bytes += bytes;
        if (session.IsInteractive && !session.IsJson && session.Time.GetElapsedTime(_drawn) >= RedrawAfter)
        {
            _drawn = session.Time.GetTimestamp();
            _isShown = true;
            Console.Error.Write("\r\x1b[K" + Line());
        }
    }

    /// <summary>Shows what somebody else counted; another word begins anew.</summary>
    public void Show(string what, long items, long bytes)
    {
        if (_verb != what)
        {
            (_verb, _items, _bytes, _started) = (what, 0, 0, session.Time.GetTimestamp());
        }

        Add(items - _items, bytes - _bytes);
    }

    /// <summary>Makes room for a line that stays.</summary>
    public void Clear()
    {
        if (_isShown)
        {
            Console.Error.Write("\r\x1b[K");
            _isShown = false;
        }
    }

    public void Dispose() => Clear();

    private string Line()
    {
        var seconds = Math.Max(session.Time.GetElapsedTime(_started).TotalSeconds, 0.001);
        var rate = Sizes.Of((long)(_bytes / seconds));
        return string.Create(CultureInfo.InvariantCulture, $"{_verb} {_items:N0}, {Sizes.Of(_bytes)}, {rate}/s");
    }
}
