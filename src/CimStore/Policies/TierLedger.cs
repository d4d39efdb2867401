namespace CimStore.Policies;

/// <summary>
/// What a simulated tier holds and has cost. Keeping is summed up over all objects whenever the bytes change, so a
/// cycle costs nothing for objects that lie still.
/// </summary>
internal sealed class TierLedger(TierState state, long nowTicks)
{
    private double _billedBytes;
    private long _paidTicks = nowTicks;
    private long _objects;
    private long _bytes;
    private long _gets;
    private long _getsSoFar;
    private double _keep;
    private double _requests;
    private double _egress;
    private double _early;

    public TierState State =>
        state.CapacityBytes is > 0 and var capacity ? state with { FillShare = (double)_bytes / capacity } : state;

    public void Write(long sizeBytes, long nowTicks)
    {
        PayKeeping(nowTicks);
        _objects++;
        _bytes += sizeBytes;
        _billedBytes += Dollars.BilledBytes(state.Cost, sizeBytes);
        _requests += Dollars.Write(state.Cost);
    }

    public void Serve(long sizeBytes)
    {
        _gets++;
        _getsSoFar++;
        Read(sizeBytes);
    }

    public void Read(long sizeBytes)
    {
        _requests += Dollars.ReadRequest(state.Cost);
        _egress += Dollars.Egress(state.Cost, sizeBytes);
    }

    public void Remove(long sizeBytes, long sinceTicks, long nowTicks)
    {
        PayKeeping(nowTicks);
        _objects--;
        _bytes -= sizeBytes;
        // An empty tier bills nothing: what rounding left over must not be paid for ever.
        _billedBytes = _objects == 0 ? 0 : _billedBytes - Dollars.BilledBytes(state.Cost, sizeBytes);
        _early += Dollars.LeaveEarly(state.Cost, sizeBytes, sinceTicks, nowTicks);
    }

    /// <summary>Closes the cycle: its reads are told and counted anew.</summary>
    public SimulatedTier Close(long nowTicks)
    {
        PayKeeping(nowTicks);
        var closed = new SimulatedTier(
            state.Tier, _objects, _bytes, _gets, _getsSoFar, _keep, _requests, _egress, _early);
        _gets = 0;
        return closed;
    }

    private void PayKeeping(long nowTicks)
    {
        var days = (double)(nowTicks - _paidTicks) / TimeSpan.TicksPerDay;
        _keep += days * Dollars.KeepPerDay(_billedBytes, state.Cost);
        _paidTicks = nowTicks;
    }
}
