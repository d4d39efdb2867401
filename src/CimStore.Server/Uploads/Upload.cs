using System.IO.Pipelines;
using CimStore.Disk.Uploads;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Server.Http;

namespace CimStore.Server.Uploads;

/// <summary>
/// One content that arrives in several requests, maybe to several processes of the node. Its bytes are kept in a file;
/// when it is complete they flow from there into one Store, so nothing is half visible.
/// </summary>
internal sealed class Upload : IAsyncDisposable
{
    private readonly StagedUpload _staged;
    private readonly IStorageClient _node;
    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly TimeProvider _time;
    private UploadTerms _terms;
    private Task<StoreResult>? _storing;
    private long _touched;

    public Upload(StagedUpload staged, UploadTerms terms, IStorageClient node, TimeProvider time)
    {
        (_staged, _terms, _node, _time) = (staged, terms, node, time);

        // Only what an earlier process left has to go by the clock, and one that was set back makes nothing younger.
        var idle = Math.Max(0, (time.GetUtcNow() - staged.TouchedAt).TotalSeconds);
        _touched = time.GetTimestamp() - (long)(idle * time.TimestampFrequency);
        _storing = terms.Stored is { } stored ? Task.FromResult(stored) : null;
    }

    public string Id => _staged.Id;

    public long? LengthBytes => _terms.LengthBytes;

    public bool IsComplete => _storing is not null;

    /// <summary>
    /// How long nobody asked for it. By the steady clock: one that jumps ends no upload, and keeps none.
    /// </summary>
    public TimeSpan Idle => _time.GetElapsedTime(Interlocked.Read(ref _touched));

    /// <summary>Whether a request is writing to it now; such an upload is not idle, however slow.</summary>
    public bool IsBusy => _turn.CurrentCount == 0 || _storing is { IsCompleted: false };

    public void Touch() => Interlocked.Exchange(ref _touched, _time.GetTimestamp());

    /// <summary>Bytes that the upload has for good; whoever is told of them need not send them again.</summary>
    /// <exception cref="LocationException">The disk failed; how much there is shows after a restart.</exception>
    public long SettledOffset() => _terms.Stored?.SizeBytes ?? _staged.Sync();

    /// <summary>
    /// Adds the body at <paramref name="offset"/>, as far as it arrives; what arrived stays when it breaks off.
    /// </summary>
    public async ValueTask AppendAsync(
        long offset, PipeReader body, long sizeMaxBytes, CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync();
        var stands = SettledOffset();
        if (offset != stands || IsComplete)
        {
            throw ProblemWriter.Refuse("upload-offset-mismatch", $"The upload stands at {stands}, not at {offset}.");
        }

        try
        {
            while (true)
            {
                var read = await body.ReadAsync(cancellationToken);
                stands += read.Buffer.Length;
                if (stands > (LengthBytes ?? sizeMaxBytes))
                {
                    throw LengthBytes is { } length
                        ? ProblemWriter.Refuse("length-mismatch", $"The upload was to have {length} bytes.")
                        : ProblemWriter.Refuse("body-too-large", $"Content has at most {sizeMaxBytes} bytes.");
                }

                _staged.Append(read.Buffer, _time.GetUtcNow());
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            // However the part ended: the answer, or the next question, tells how much has arrived.
            SettledOffset();
        }
    }

    /// <summary>Ends the content and waits until it is durable. Repeating it gives the same answer.</summary>
    public async ValueTask<StoreResult> CompleteAsync(CancellationToken cancellationToken)
    {
        Task<StoreResult> storing;
        using (await EnterAsync())
        {
            // A Store that failed for want of room, or of a disk, is tried again; one that was refused is not kept.
            storing = _storing is null or { IsFaulted: true } or { IsCanceled: true } ? StoreAsync() : _storing;
            _storing = storing;
        }

        try
        {
            return await storing.WaitAsync(cancellationToken);
        }
        catch (LocationException)
        {
            _storing = null;
            throw;
        }
    }

    /// <summary>Gives the upload up, with all that arrived.</summary>
    public async ValueTask RemoveAsync()
    {
        await DisposeAsync();
        _staged.Remove();
    }

    /// <summary>Ends what is in progress; what arrived stays for the next process.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        try
        {
            await (_storing ?? Task.CompletedTask);
        }
        catch (Exception)
        {
            // What the Store ended with was told to the request that completed it, or nobody waits for it.
        }

        _staged.Dispose();
        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<StoreResult> StoreAsync()
    {
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var pumping = PumpAsync(pipe.Writer);
        StoreResult stored;
        try
        {
            stored = await _node.StoreAsync(pipe.Reader, _terms.ToRequest(), _ending.Token);
        }
        finally
        {
            // Wakes the pump when the Store ended early.
            await pipe.Reader.CompleteAsync();
            await pumping;
        }

        Keep(stored);
        return stored;
    }

    /// <summary>Whoever did not hear the answer asks again, and hears it until the upload is too old.</summary>
    private void Keep(StoreResult stored)
    {
        var terms = _terms with { Stored = stored };
        try
        {
            _staged.Finish(terms.Write());
        }
        catch (LocationException)
        {
            // Stored it is. After a restart the upload would still be open, and completing it finds the content there.
        }

        _terms = terms;
    }

    private async Task PumpAsync(PipeWriter writer)
    {
        Exception? broken = null;
        try
        {
            await _staged.CopyToAsync(writer, _ending.Token);
        }
        catch (Exception failure)
        {
            // The reader of the pipe gets it in the place of the end: the Store fails with it.
            broken = failure;
        }

        await writer.CompleteAsync(broken);
    }

    private async ValueTask<Turn> EnterAsync() =>
        await _turn.WaitAsync(TimeSpan.Zero)
            ? new Turn(_turn)
            : throw ProblemWriter.Refuse("upload-busy", "Another request is writing to the upload.");

    private readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
