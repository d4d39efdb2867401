using System.Globalization;

namespace CimStore.Cli.Terminal;

/// <summary>
/// One line of progress on a terminal's standard error, redrawn a few times a second; nothing at all when nobody
/// watches.
/// </summary>
internal sealed class Progress(CliSession session, string verb) : IDisposable
{
    private static readonly TimeSpan RedrawAfter = TimeSpan.FromMilliseconds(200);
    private readonly long _started = session.Time.GetTimestamp();
    private long _drawn = session.Time.GetTimestamp();
    private long _items;
    private long _bytes;
    private bool _isShown;

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

    public void Dispose()
    {
        if (_isShown)
        {
            Console.Error.Write("\r\x1b[K");
        }
    }

    private string Line()
    {
        var seconds = Math.Max(session.Time.GetElapsedTime(_started).TotalSeconds, 0.001);
        var rate = Sizes.Of((long)(_bytes / seconds));
        return string.Create(CultureInfo.InvariantCulture, $"{verb} {_items:N0}, {Sizes.Of(_bytes)}, {rate}/s");
    }
}
