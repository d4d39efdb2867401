using System.Buffers;
using CimStore.Http;
using CimStore.Locations;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace CimStore.Nats.Foreign;

/// <summary>
/// What both ways in share: one attempt at an event, telling of dead ones, and how many are worked on at once.
/// </summary>
internal sealed class ForeignWork : IDisposable
{
    private readonly ForeignHandler _handler;
    private readonly DeadLetterStream? _letters;
    private readonly SemaphoreSlim _room;
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 1;

    public ForeignWork(ForeignHandler handler, DeadLetterStream? letters, int inFlightMax, ILogger log)
    {
        (_handler, _letters, Log) = (handler, letters, log);
        _room = new SemaphoreSlim(inFlightMax);
    }

    public ILogger Log { get; }

    public static string? ActorOf(NatsHeaders? headers) =>
        headers is not null && headers.TryGetLastValue("X-Actor", out var escaped) && !string.IsNullOrEmpty(escaped)
            ? Uri.UnescapeDataString(escaped)
            : null;

    /// <summary>Waits for room, and lets the work go on by itself.</summary>
    public async ValueTask RunAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        Interlocked.Increment(ref _running);
        _ = Task.Run(() => RunToEndAsync(work), CancellationToken.None);
    }

    /// <summary>Completes when nothing runs any more; called once, when nothing more begins.</summary>
    public Task EndAsync()
    {
        Leave();
        return _idle.Task;
    }

    public async ValueTask<ForeignAttempt> TryAsync(
        string subject, ReadOnlyMemory<byte> body, string? actor, CancellationToken cancellationToken)
    {
        try
        {
            return new ForeignAttempt(
                await _handler(subject, new ReadOnlySequence<byte>(body), actor, cancellationToken), null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            // A bug is told as one, and must not end the intake.
            if (ProblemTable.Describe(failure) is { } known)
            {
                return new ForeignAttempt(null, known);
            }

            Nats.Log.ForeignFailed(Log, failure, subject);
            return new ForeignAttempt(null, ProblemTable.Describe(
                "internal", "The node failed in a way it did not expect; its log has the details."));
        }
    }

    /// <returns>Whether the stream has it; true also where there is none.</returns>
    public async ValueTask<bool> TellAsync(
        ForeignAttempt attempt, string subject, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (_letters is null)
        {
            return true;
        }

        var notice = attempt.ToNotice(subject, body);
        try
        {
            await _letters.PublishAsync(notice, body, cancellationToken);
            return true;
        }
        catch (LocationException failure)
        {
            Nats.Log.DeadLetterUntold(Log, notice.Id, failure.Message);
            return false;
        }
    }

    public void Dispose() => _room.Dispose();

    private async Task RunToEndAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception failure)
        {
            // The top of this event: its place must become free again.
            Nats.Log.ForeignFailed(Log, failure, "");
        }
        finally
        {
            _room.Release();
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _idle.SetResult();
        }
    }
}
