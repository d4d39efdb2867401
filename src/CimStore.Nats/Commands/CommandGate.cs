namespace CimStore.Nats.Commands;

/// <summary>Counts commands and bytes in flight, and says no above the limit: nothing queues in the node.</summary>
internal sealed class CommandGate(int commandsMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private int _commands;
    private long _bytes;

    public (int Commands, long Bytes) InFlight
    {
        get
        {
            lock (_gate)
            {
                return (_commands, _bytes);
            }
        }
    }

    /// <summary>One that is larger than the whole limit is taken when it is alone.</summary>
    public bool TryEnter(long bytes)
    {
        lock (_gate)
        {
            if (_commands >= commandsMax || (_commands > 0 && _bytes + bytes > bytesMax))
            {
                return false;
            }

            (_commands, _bytes) = (_commands + 1, _bytes + bytes);
            return true;
        }
    }

    public void Leave(long bytes)
    {
        lock (_gate)
        {
            (_commands, _bytes) = (_commands - 1, _bytes - bytes);
        }
    }
}
