using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Commands;
using CimStore.Nats.Events;
using CimStore.Nats.Foreign;
using CimStore.Objects;
using CimStore.Server.Configuration;
using CimStore.Server.Foreign;
using CimStore.Server.Http;
using CimStore.Server.Tiers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Messaging;

/// <summary>
/// What a node does on NATS while it serves: answers commands, publishes its journal, takes events of other contexts.
/// That NATS is away, at the start too, keeps nothing else from working: it is told in health, and tried again.
/// </summary>
internal sealed class NatsWorker : BackgroundService
{
    /// <summary>A stream that captures commands may be made while the node serves.</summary>
    private const string OutboxWork = "outbox";

    private static readonly TimeSpan CaptureEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(5);

    private readonly IStorageClient _node;
    private readonly ForeignIngress _ingress;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILoggerFactory _logging;
    private readonly NatsDuty? _commands;
    private readonly NatsDuty? _foreign;
    private readonly EventOutbox? _outbox;
    private readonly SharedWork _shared;
    private readonly OutboxMetrics? _metrics;
    private readonly ILogger _log;
    private ForeignIntake? _intake;
    private long _captureLooked;
    private volatile string? _capture;

    /// <exception cref="ArgumentException">A secret is absent.</exception>
    public NatsWorker(
        NatsConfiguration? configuration, IStorageClient node, ForeignIngress ingress, SharedWork shared,
        TimeProvider time, IdSource ids, ILoggerFactory logging, IMeterFactory? meters)
    {
        _shared = shared;
        (_node, _ingress, _time, _ids, _logging) = (node, ingress, time, ids, logging);
        var log = _log = logging.CreateLogger<NatsWorker>();
        if (configuration is { Commands: true })
        {
            var service = configuration.Service;
            _commands = new NatsDuty(
                configuration.ToOptions("cimstore"),
                (link, cancellationToken) => AnswerAsync(link, service, cancellationToken),
                (link, cancellationToken) => LookForCaptureAsync(link, service.Profile, cancellationToken),
                time, logging, log);
        }

        if (configuration is { Foreign: true })
        {
            _foreign = new NatsDuty(
                configuration.ToOptions("cimstore-foreign"),
                (link, cancellationToken) => TakeAsync(link, configuration.Intake, cancellationToken), null,
                time, logging, log);
        }

        if (configuration is { Events: true })
        {
            _metrics = new OutboxMetrics(meters);
            _outbox = new EventOutbox(
                configuration.ToOptions("cimstore-outbox"), node, configuration.Outbox, time,
                logging.CreateLogger<EventOutbox>(), null);
        }
    }

    /// <summary>None without NATS. Commands and events that wait are degraded, not unhealthy: the store works.
    /// </summary>
    public async ValueTask<ImmutableArray<WireTypes.HealthCheckReply>> CheckAsync(CancellationToken cancellationToken)
    {
        var checks = ImmutableArray.CreateBuilder<WireTypes.HealthCheckReply>();
        if (_commands is { } commands)
        {
            checks.Add(commands.Away is { } away
                ? new("nats-commands", Readiness.Degraded, $"Commands are not answered on NATS: {away}")
                : new("nats-commands", Readiness.Healthy, "Commands are answered on NATS."));
            if (_capture is { } capture)
            {
                checks.Add(new("nats-capture", Readiness.Degraded, capture));
            }
        }

        if (_foreign is { } foreign)
        {
            checks.Add((foreign.Away ?? Volatile.Read(ref _intake)?.Failure) is { } away
                ? new("nats-foreign", Readiness.Degraded, $"Not all events of other contexts are taken: {away}")
                : new("nats-foreign", Readiness.Healthy, "Events of other contexts are taken."));
        }

        if (_outbox is { } outbox)
        {
            checks.Add(await CheckAsync(outbox, cancellationToken));
        }

        return checks.ToImmutable();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        _commands?.RunAsync(stoppingToken) ?? Task.CompletedTask,
        _foreign?.RunAsync(stoppingToken) ?? Task.CompletedTask,
        _outbox is { } outbox ? _shared.RunAsync(OutboxWork, outbox.RunAsync, stoppingToken) : Task.CompletedTask,
        _outbox is null ? Task.CompletedTask : MeasureAsync(_outbox, stoppingToken));

    public override void Dispose()
    {
        _metrics?.Dispose();
        base.Dispose();
    }

    /// <summary>For the gauges: whoever scrapes must not make the node read its journal.</summary>
    private async Task MeasureAsync(EventOutbox outbox, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Of several nodes only the one that publishes knows.
                if (_shared.Holds(OutboxWork))
                {
                    _metrics!.Measured(await outbox.MeasureLagAsync(stoppingToken));
                }
            }
            catch (Exception failure) when (failure is LocationException or OperationCanceledException)
            {
                // Health says it; the gauges stay at what was measured before.
                if (stoppingToken.IsCancellationRequested)
                {
                    return;
                }
            }

            await Task.Delay(MeasureEvery, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask<WireTypes.HealthCheckReply> CheckAsync(
        EventOutbox outbox, CancellationToken cancellationToken)
    {
        const string Name = "nats-events";
        var status = outbox.Status;
        if (!_shared.Holds(OutboxWork))
        {
            return new(Name, Readiness.Healthy, "Another node of the cluster publishes the events, or is to begin.");
        }

        try
        {
            var lag = await outbox.MeasureLagAsync(cancellationToken);
            _metrics?.Measured(lag);
            var count = lag.Events == OutboxLag.EventsMax ? $"{lag.Events} or more" : $"{lag.Events}";
            var behind = $"{count} events wait, the oldest for {lag.Time.TotalSeconds:0} s";
            return status.IsConnected
                ? new(Name, Readiness.Healthy, $"Events are published up to lsn {status.Confirmed}; {behind}.")
                : new(Name, Readiness.Degraded, $"Events are not published: {status.Failure ?? "not yet"}; {behind}.");
        }
        catch (LocationException failure)
        {
            return new(Name, Readiness.Degraded, $"How far the events are behind is not known: {failure.Message}");
        }
    }

    /// <summary>It is told once in the log, and in health for as long as it is so.</summary>
    private async ValueTask LookForCaptureAsync(
        NatsLink link, SubjectProfile profile, CancellationToken cancellationToken)
    {
        if (_captureLooked != 0 && _time.GetElapsedTime(_captureLooked) < CaptureEvery)
        {
            return;
        }

        try
        {
            var found = await CommandCapture.FindAsync(link, profile, cancellationToken);
            var told = found.IsEmpty ? null : string.Join(' ', found);
            if (told is not null && told != _capture)
            {
                Log.CommandsCaptured(_log, told);
            }

            _capture = told;
            _captureLooked = _time.GetTimestamp();
        }
        catch (LocationException failure)
        {
            // Commands are answered all the same; the next look may get an answer.
            _capture = $"Whether a stream captures commands is not known: {failure.Message}";
        }
    }

    private async ValueTask<IAsyncDisposable> AnswerAsync(
        NatsLink link, StorageServiceOptions options, CancellationToken cancellationToken) =>
        await StorageService.StartAsync(
            link, _node, options, _time, _ids, _logging.CreateLogger<StorageService>(), cancellationToken);

    private async ValueTask<IAsyncDisposable> TakeAsync(
        NatsLink link, ForeignIntakeOptions options, CancellationToken cancellationToken)
    {
        var intake = await ForeignIntake.StartAsync(
            link, _ingress.ReceiveAsync, _ingress.Subjects, options, _time, _ids,
            _logging.CreateLogger<ForeignIntake>(), cancellationToken);
        Volatile.Write(ref _intake, intake);
        return intake;
    }
}
