using System.IO.Pipelines;

namespace CimStore.Server.Http;

/// <summary>
/// A request's body for the engine, which completes what it reads. The server's own reader must stay open: after an
/// early refusal it still has to drain the rest before the next request on the connection. And a server that stops
/// wakes up who waits for more of a body, with a cancelled read where what was examined was not consumed
/// (dotnet/aspnetcore issue 19476): whoever did not cancel is not told, for the rest still comes.
/// </summary>
internal sealed class BorrowedReader(PipeReader reader) : PipeReader
{
    private SequencePosition? _endOfPending;
    private bool _isCancelled;

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _endOfPending = null;
        reader.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        Volatile.Write(ref _isCancelled, true);
        reader.CancelPendingRead();
    }

    /// <summary>
    /// Ends only the engine's part: a read that it did not advance would block the server's draining.
    /// </summary>
    public override void Complete(Exception? exception = null)
    {
        if (_endOfPending is { } end)
        {
            AdvanceTo(end);
        }
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = Tell(await reader.ReadAsync(cancellationToken));
        _endOfPending = read.Buffer.End;
        return read;
    }

    public override bool TryRead(out ReadResult result)
    {
        var has = reader.TryRead(out result);
        result = Tell(result);
        _endOfPending = has ? result.Buffer.End : _endOfPending;
        return has;
    }

    private ReadResult Tell(in ReadResult read) => read.IsCanceled
        ? new ReadResult(read.Buffer, Interlocked.Exchange(ref _isCancelled, false), read.IsCompleted)
        : read;
}
