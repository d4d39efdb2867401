using CimStore.Locations;
using CimStore.Objects;
using CimStore.Translation;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace CimStore.Nats.Foreign;

/// <summary>
/// Events of other contexts over NATS: subscribed by the subjects of the translation rules, in a queue group over
/// nodes, and, where a stream is named, consumed from it with an acknowledgement each (docs/nats.md).
/// </summary>
public sealed class ForeignIntake : IAsyncDisposable
{
    private readonly NatsLink _link;
    private readonly ForeignIntakeOptions _options;
    private readonly TimeProvider _time;
    private readonly ForeignWork _work;
    private readonly PlainIntake _plain;
    private readonly DurableIntake? _durable;
    private readonly CancellationTokenSource _reading = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _consuming = Task.CompletedTask;
    private bool _isDisposed;

    private ForeignIntake(
        NatsLink link, ForeignWork work, ForeignSubjects subjects, ForeignIntakeOptions options, TimeProvider time,
        IdSource ids)
    {
        (_link, _work, _options, _time) = (link, work, options, time);
        _plain = new PlainIntake(link, work, subjects, options, time, ids, _stopping.Token);
        _durable = options.Stream is null
            ? null
            : new DurableIntake(link, work, subjects, options, time, _stopping.Token);
        Subjects = [.. subjects.Patterns.Select(static pattern => pattern.Text)];
        link.Connection.MessageDropped += TellDroppedAsync;
    }

    /// <summary>What is subscribed, beside the stream.</summary>
    public IReadOnlyList<string> Subjects { get; }

    /// <summary>Why nothing is taken from the stream; null while it is, and where none is named.</summary>
    public string? Failure => _durable?.Failure;

    /// <param name="link">Its own, so that what it drops is told of it; stays the caller's.</param>
    /// <param name="handler">Translates and does.</param>
    /// <param name="rules">Subjects of the rules.</param>
    /// <param name="options">Limits and names.</param>
    /// <param name="time">For waiting.</param>
    /// <param name="ids">For answers.</param>
    /// <param name="log">Told of what did not go well.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="LocationException">NATS does not answer.</exception>
    public static async ValueTask<ForeignIntake> StartAsync(
        NatsLink link, ForeignHandler handler, IEnumerable<SubjectPattern> rules, ForeignIntakeOptions options,
        TimeProvider time, IdSource ids, ILogger log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Stream is not null)
        {
            link.RequireJetStream();
        }

        var letters = await DeadLetterStream.OpenAsync(link, options, cancellationToken);
        var intake = new ForeignIntake(
            link, new ForeignWork(handler, letters, options.EventsInFlightMax, log),
            new ForeignSubjects(rules, options), options, time, ids);
        try
        {
            await intake._plain.StartAsync(cancellationToken);
            intake._consuming = intake._durable?.RunAsync(intake._reading.Token) ?? Task.CompletedTask;
            Log.ForeignTaken(log, string.Join(' ', intake.Subjects), options.Stream ?? "none");
            return intake;
        }
        catch (Exception failure)
        {
            await intake.DisposeAsync();
            throw NatsFaults.IsFault(failure)
                ? NatsFaults.Of(failure, mayHaveHappened: false, "subscribing to events of other contexts")
                : failure;
        }
    }

    /// <summary>Takes no more events, and lets those that are worked on end; after the patience they are cancelled,
    /// and a stream gives them again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _reading.CancelAsync();
        using var late = new CancellationTokenSource(_options.StopPatience, _time);
        await using var cancel = late.Token.Register(_stopping.Cancel);
        await _plain.StopAsync();
        await _consuming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _work.EndAsync();
        _link.Connection.MessageDropped -= TellDroppedAsync;
        _work.Dispose();
        _reading.Dispose();
        _stopping.Dispose();
    }

    private ValueTask TellDroppedAsync(object? sender, NatsMessageDroppedEventArgs dropped)
    {
        Log.ForeignDropped(_work.Log, dropped.Subject);
        return ValueTask.CompletedTask;
    }
}
