using System.Collections.Immutable;
using CimStore.Engine;
using CimStore.Http;
using CimStore.Locations;
using CimStore.Nats;
using CimStore.Nats.Commands;
using CimStore.Nats.Events;
using CimStore.Objects;
using CimStore.Server.Configuration;
using CimStore.Server.Http;
using CimStore.Server.Tiers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Messaging;

/// <summary>
/// What a node does on NATS while it serves: answers commands, publishes its journal. That NATS is away, at the start
/// too, keeps nothing else from working: it is told in health, and tried again.
/// </summary>
internal sealed class NatsWorker : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>A connection that was away for so long is made anew: the client gives up on some refusals.</summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(30);

    private readonly NatsConfiguration? _configuration;
    private readonly NatsOptions? _connection;
    private readonly IStorageClient _node;
    private readonly TimeProvider _time;
    private readonly IdSource _ids;
    private readonly ILoggerFactory _logging;
    private readonly ILogger _log;
    private readonly EventOutbox? _outbox;
    private readonly SharedWork _shared;
    private volatile string? _away = "not connected yet";

    /// <exception cref="ArgumentException">A secret is absent.</exception>
    public NatsWorker(
        NatsConfiguration? configuration, IStorageClient node, SharedWork shared, TimeProvider time, IdSource ids,
        ILoggerFactory logging)
    {
        _shared = shared;
        (_configuration, _node, _time, _ids, _logging) = (configuration, node, time, ids, logging);
        _log = logging.CreateLogger<NatsWorker>();
        _connection = configuration?.ToOptions("cimstore");
        if (configuration is { Events: true })
        {
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
        if (_configuration is { Commands: true })
        {
            checks.Add(_away is { } away
                ? new("nats-commands", Readiness.Degraded, $"Commands are not answered on NATS: {away}")
                : new("nats-commands", Readiness.Healthy, "Commands are answered on NATS."));
        }

        if (_outbox is { } outbox)
        {
            checks.Add(await CheckAsync(outbox, cancellationToken));
        }

        return checks.ToImmutable();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        _configuration is { Commands: true } ? AnswerAsync(_configuration.Service, stoppingToken) : Task.CompletedTask,
        _outbox is { } outbox ? _shared.RunAsync("outbox", outbox.RunAsync, stoppingToken) : Task.CompletedTask);

    private static async ValueTask<WireTypes.HealthCheckReply> CheckAsync(
        EventOutbox outbox, CancellationToken cancellationToken)
    {
        const string Name = "nats-events";
        var status = outbox.Status;
        try
        {
            var lag = await outbox.MeasureLagAsync(cancellationToken);
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

    private async Task AnswerAsync(StorageServiceOptions options, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var link = await NatsLink.OpenAsync(_connection!, _logging, stoppingToken);
                await using var service = await StorageService.StartAsync(
                    link, _node, options, _time, _ids, _logging.CreateLogger<StorageService>(), stoppingToken);
                await WatchAsync(link, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The top of this loop. One line for an outage, however long it is.
                if (_away != failure.Message)
                {
                    Log.NatsAway(_log, failure.Message);
                }

                _away = failure.Message;
            }

            await Task.Delay(LookEvery, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The client connects again by itself; returns when it did not for too long.</summary>
    private async Task WatchAsync(NatsLink link, CancellationToken stoppingToken)
    {
        var seen = _time.GetTimestamp();
        while (_time.GetElapsedTime(seen) < AwayMax)
        {
            var isConnected = link.IsConnected;
            seen = isConnected ? _time.GetTimestamp() : seen;
            _away = isConnected ? null : "the connection is lost, and is tried again";
            await Task.Delay(LookEvery, _time, stoppingToken);
        }
    }
}
