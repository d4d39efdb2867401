namespace CimStore.Journal;

/// <summary>A number that only grows, and those who wait for it to pass another.</summary>
public sealed class AsyncMark
{
    private readonly Lock _gate = new();
    private ulong _value;
    private Exception? _end;
    private TaskCompletionSource? _moved;

    public ulong Value => Volatile.Read(ref _value);

    public void Advance(ulong value)
    {
        TaskCompletionSource? moved;
        lock (_gate)
        {
            if (value <= _value)
            {
                return;
            }

            Volatile.Write(ref _value, value);
            (moved, _moved) = (_moved, null);
        }

        moved?.TrySetResult();
    }

    /// <summary>Nobody waits any longer: the number will not move again.</summary>
    public void End(Exception reason)
    {
        TaskCompletionSource? moved;
        lock (_gate)
        {
            _end ??= reason;
            (moved, _moved) = (_moved, null);
        }

        moved?.TrySetResult();
    }

    public async ValueTask WaitAboveAsync(ulong after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_value > after)
                {
                    return;
                }

                if (_end is not null)
                {
                    throw _end;
                }

                _moved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken);
        }
    }
}
