namespace CimStore.Disk;

/// <summary>
/// Counts users of something that must not be closed under them: native handles answer that with a crash.
/// </summary>
internal sealed class UseGate(string what)
{
    private const int Closed = 1 << 30;

    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;

    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public Use Enter()
    {
        if ((Interlocked.Increment(ref _state) & Closed) != 0)
        {
            Exit();
            throw new ObjectDisposedException(what);
        }

        return new Use(this);
    }

    /// <summary>Refuses new users; the task ends when the last one left. Closing again does nothing.</summary>
    public Task CloseAsync()
    {
        if (Interlocked.Or(ref _state, Closed) == 0)
        {
            _left.TrySetResult();
        }

        return _left.Task;
    }

    private void Exit()
    {
        if (Interlocked.Decrement(ref _state) == Closed)
        {
            _left.TrySetResult();
        }
    }

    public readonly struct Use(UseGate gate) : IDisposable
    {
        public void Dispose() => gate.Exit();
    }
}
