namespace CimStore.Disk.Large;

/// <summary>
/// A thread for what blocks on the disk, one piece of work at a time. Not one of the pool's: two streams would hold all
/// of a small machine's, and every small put would wait for one.
/// </summary>
internal sealed class DiskWorker : IDisposable
{
    private readonly object _gate = new();
    private readonly Thread _thread;
    private Action? _work;
    private TaskCompletionSource? _done;
    private bool _isStopping;

    public DiskWorker()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "cimstore large" };
        _thread.Start();
    }

    /// <summary>Only when the work before it is done.</summary>
    public Task Start(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            (_work, _done) = (work, done);
            Monitor.Pulse(_gate);
        }

        return done.Task;
    }

    /// <summary>When its work is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (Take() is var (work, done))
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }

    private (Action Work, TaskCompletionSource Done)? Take()
    {
        lock (_gate)
        {
            while (_work is null)
            {
                if (_isStopping)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            var next = (_work, _done!);
            (_work, _done) = (null, null);
            return next;
        }
    }
}
