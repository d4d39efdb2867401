using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CimStore.Journal;

namespace CimStore.Engine;

/// <summary>
/// What long work tells while it goes on: its findings as they come, and about once a second how far it is, also when
/// nothing moves. The work waits for whoever reads what it found.
/// </summary>
internal sealed class ToldSteps(TimeProvider time)
{
    private const int FoundUnreadMax = 64;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    private readonly Channel<CheckStep> _found = Channel.CreateBounded<CheckStep>(FoundUnreadMax);
    private volatile Part _part = new("store", new WorkCount());

    /// <summary>Where a run that is cut now would go on; null where it cannot.</summary>
    public string? Cursor { get; set; }

    /// <param name="work">Tells through this; it ends with the token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<CheckStep> RunAsync(
        Func<CancellationToken, Task> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = WorkAsync(work, ending.Token);
        try
        {
            var isMore = true;
            while (isMore)
            {
                var next = _found.Reader.WaitToReadAsync(cancellationToken).AsTask();
                while (!await EndsInTimeAsync(next, cancellationToken))
                {
                    var part = _part;
                    yield return new CheckStep.Working(part.What, part.Done.Items, part.Done.SizeBytes)
                    {
                        Cursor = Cursor,
                    };
                }

                isMore = await next;
                while (_found.Reader.TryRead(out var step))
                {
                    yield return step;
                }
            }
        }
        finally
        {
            // Whoever goes away must not leave it running; it never throws, the channel has what it ended with.
            await ending.CancelAsync();
            await working;
        }
    }

    public WorkCount Begin(string what)
    {
        var part = new Part(what, new WorkCount());
        _part = part;
        return part.Done;
    }

    public ValueTask TellAsync(string what, bool isWell, string detail, CancellationToken cancellationToken) =>
        TellAsync(new CheckStep.Found(what, isWell, detail), cancellationToken);

    public ValueTask TellUnreadAsync(string what, string detail, CancellationToken cancellationToken) =>
        TellAsync(new CheckStep.Found(what, false, detail) { IsUnread = true }, cancellationToken);

    public ValueTask TellAsync(CheckStep.Found found, CancellationToken cancellationToken) =>
        _found.Writer.WriteAsync(found, cancellationToken);

    private async Task<bool> EndsInTimeAsync(Task next, CancellationToken cancellationToken)
    {
        if (!next.IsCompleted)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next, Task.Delay(TellEvery, time, quiet.Token));
            await quiet.CancelAsync();
        }

        return next.IsCompleted || cancellationToken.IsCancellationRequested;
    }

    private async Task WorkAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        // Much of what follows never waits: the caller would get its first step at the end.
        await Task.Yield();
        try
        {
            await work(cancellationToken);
            _found.Writer.Complete();
        }
        catch (Exception failure)
        {
            _found.Writer.Complete(failure);
        }
    }

    private sealed record Part(string What, WorkCount Done);
}
