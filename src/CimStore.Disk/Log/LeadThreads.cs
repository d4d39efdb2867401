namespace CimStore.Disk.Log;

/// <summary>
/// Two threads that wait for the lead of the log, started when it is first passed on: one syncs while the other
/// applies. Threads of their own, because in the pool the lead would queue up behind everybody who was just answered.
/// They wait without spinning: what they would spin for takes as long as a sync.
/// </summary>
internal sealed class LeadThreads(Action lead) : IDisposable
{
    private readonly object _gate = new();
    private readonly Thread[] _threads = new Thread[2];
    private int _passed;
    private bool _isStarted;
    private bool _isStopping;

    /// <summary>One of the threads leads next. Only by the one that leads.</summary>
    public void PassOn()
    {
        lock (_gate)
        {
            Start();
            _passed++;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>When nobody leads any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            thread?.Join();
        }
    }

    private void Start()
    {
        if (_isStarted)
        {
            return;
        }

        _isStarted = true;
        for (var index = 0; index < _threads.Length; index++)
        {
            _threads[index] = new Thread(Run) { IsBackground = true, Name = "cimstore log" };
            _threads[index].Start();
        }
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                while (_passed == 0)
                {
                    if (_isStopping)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }

                _passed--;
            }

            lead();
        }
    }
}
