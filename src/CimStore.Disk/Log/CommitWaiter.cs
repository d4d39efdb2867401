using System.Threading.Tasks.Sources;

namespace CimStore.Disk.Log;

/// <summary>One committer waiting for a batch that somebody else leads. Pooled: awaited exactly once.</summary>
internal sealed class CommitWaiter : IValueTaskSource
{
    private readonly Action<CommitWaiter> _release;

    // The leader must not run its followers' continuations: it has the next batch to write.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    public CommitWaiter(Action<CommitWaiter> release) => _release = release;

    public ValueTask Task => new(this, _core.Version);

    public void Complete(Exception? failure)
    {
        if (failure is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(failure);
        }
    }

    public void GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            _release(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
