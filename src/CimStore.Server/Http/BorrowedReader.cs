using System.IO.Pipelines;

namespace CimStore.Server.Http;

/// <summary>
/// A request's body for the engine, which completes what it reads. The server's own reader must stay open: after an
/// early refusal it still has to drain the rest before the next request on the connection.
/// </summary>
internal sealed class BorrowedReader(PipeReader reader) : PipeReader
{
    private SequencePosition? _endOfPending;

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _endOfPending = null;
        reader.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => reader.CancelPendingRead();

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
        var read = await reader.ReadAsync(cancellationToken);
        _endOfPending = read.Buffer.End;
        return read;
    }

    public override bool TryRead(out ReadResult result)
    {
        var has = reader.TryRead(out result);
        _endOfPending = has ? result.Buffer.End : _endOfPending;
        return has;
    }
}
