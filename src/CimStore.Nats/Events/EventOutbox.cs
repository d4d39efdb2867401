using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using Microsoft.Extensions.Logging;

namespace CimStore.Nats.Events;

/// <summary>
/// Publishes a node's journal, each event once and in order, for as long as it runs. The journal itself is the outbox:
/// an outage delays events and loses none. Each connection is used until it breaks and then given up, with all that
/// was on its way; the next one looks what the streams hold and goes on behind it.
/// </summary>
public sealed class EventOutbox
{
    private readonly NatsOptions _connection;
    private readonly IStorageClient _client;
    private readonly EventOutboxOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ILoggerFactory? _logging;
    private volatile OutboxStatus _status = new(false, Lsn.None, 0, null);

    /// <param name="connection">It has a connection of its own: see the class.</param>
    /// <param name="client">Whose journal; stays the caller's.</param>
    /// <param name="options">How.</param>
    /// <param name="time">For waiting.</param>
    /// <param name="log">Told when it begins and breaks off.</param>
    /// <param name="logging">For the connection; null for none.</param>
    public EventOutbox(
        NatsOptions connection, IStorageClient client, EventOutboxOptions options, TimeProvider time, ILogger log,
        ILoggerFactory? logging)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_connection, _client, _options, _time) = (connection, client, options, time);
        (_log, _logging) = (log, logging);
    }

    public OutboxStatus Status => _status;

    /// <summary>Publishes until it is cancelled; failures outside are waited for.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wasTold = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var session = await OutboxSession.OpenAsync(
                    _connection, _client, _options, _logging, cancellationToken);
                await session.RunAsync(Tell, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // The top of this loop. One line for an outage, however long it is.
                var cause = failure is LocationException ? failure.Message : NatsFaults.CauseOf(failure);
                _status = _status with { IsConnected = false, Failure = cause };
                if (!wasTold || !NatsFaults.IsFault(failure))
                {
                    Log.OutboxBroken(_log, cause);
                }

                wasTold = true;
            }

            await Task.Delay(_options.RetryAfter, _time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _status = _status with { IsConnected = false };

        void Tell(Lsn confirmed, bool isPublished)
        {
            if (!_status.IsConnected)
            {
                Log.OutboxGoesOn(_log, confirmed.Value);
                wasTold = false;
            }

            _status = new OutboxStatus(true, confirmed, _status.Published + (isPublished ? 1 : 0), null);
        }
    }

    /// <summary>Reads the journal behind what is confirmed; it costs as much as is behind.</summary>
    public async ValueTask<OutboxLag> MeasureLagAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        DateTimeOffset? oldest = null;
        await foreach (var entry in _client.EventsAsync(_status.Confirmed, follow: false, cancellationToken))
        {
            oldest ??= entry.At;
            if (++count == OutboxLag.EventsMax)
            {
                break;
            }
        }

        var age = oldest is { } at ? _time.GetUtcNow() - at : TimeSpan.Zero;
        return new OutboxLag(count, age > TimeSpan.Zero ? age : TimeSpan.Zero);
    }
}
