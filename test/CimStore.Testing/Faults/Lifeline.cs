namespace CimStore.Testing.Faults;

/// <summary>
/// Counts what a node asks of its ports, and ends its life at one of these calls: before the call has an effect, or
/// when it has had it and nobody was told. From then on no call has an effect any more, as after SIGKILL.
/// </summary>
public sealed class Lifeline
{
    private readonly Lock _gate = new();
    private int _calls;
    private int _lastCall = int.MaxValue;
    private bool _isAfter;
    private string? _diedAt;

    /// <summary>How many calls there were since it was made or <see cref="DieAt"/> was said.</summary>
    public int Calls
    {
        get
        {
            lock (_gate)
            {
                return _calls;
            }
        }
    }

    /// <summary>The call it died at, in words; null while it lives.</summary>
    public string? DiedAt
    {
        get
        {
            lock (_gate)
            {
                return _diedAt;
            }
        }
    }

    /// <summary>From now on it counts anew, and dies at the call with this number (from 1).</summary>
    public void DieAt(int call, bool isAfter)
    {
        lock (_gate)
        {
            (_calls, _lastCall, _isAfter) = (0, call, isAfter);
        }
    }

    /// <summary>Asked before each call.</summary>
    /// <returns>Whether it is the last one: its caller says <see cref="End"/> when it has had its effect.</returns>
    public bool Begin(string call)
    {
        lock (_gate)
        {
            if (_diedAt is not null)
            {
                throw new ProcessDiedException(_diedAt);
            }

            _calls++;
            if (_calls != _lastCall)
            {
                return false;
            }

            return _isAfter ? true : throw Die($"call {_calls}, before {call}");
        }
    }

    public void End(string call)
    {
        lock (_gate)
        {
            throw Die($"call {_lastCall}, after {call}");
        }
    }

    private ProcessDiedException Die(string at) => new(_diedAt ??= at);
}
