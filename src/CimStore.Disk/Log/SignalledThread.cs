namespace CimStore.Disk.Log;

/// <summary>
/// A thread that does its work once for each signal, started by the first one. A thread of its own, because in the pool
/// the log's work would queue up behind everybody who was just answered. It waits without spinning: what it would spin
/// for takes as long as a sync.
/// </summary>
internal sealed class SignalledThread(string name, Action work) : IDisposable
{
    private readonly object _gate = new();
    private Thread? _thread;
    private int _signals;
    private bool _isStopping;

    public void Signal()
    {
        lock (_gate)
        {
            _signals++;
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = name };
                _thread.Start();
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <summary>When no signal comes any more; those that came are still worked off.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        _thread?.Join();
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_signals == 0)
                {
                    if (_isStopping)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }

                _signals--;
            }

            work();
        }
    }
}
