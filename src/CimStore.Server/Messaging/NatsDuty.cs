using CimStore.Nats;
using Microsoft.Extensions.Logging;

namespace CimStore.Server.Messaging;

/// <summary>
/// Something that a node does over one connection for as long as it serves: begun when NATS is there, begun anew when
/// it was away for too long.
/// </summary>
/// <param name="connection">How it is reached.</param>
/// <param name="begin">Begins the work; what it returns ends it.</param>
/// <param name="look">Called once the work was begun, and now and then while it goes on.</param>
internal sealed class NatsDuty(
    NatsOptions connection, Func<NatsLink, CancellationToken, ValueTask<IAsyncDisposable>> begin,
    Func<NatsLink, CancellationToken, ValueTask>? look, TimeProvider time, ILoggerFactory logging, ILogger log)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>A connection that was away for so long is made anew: the client gives up on some refusals.</summary>
    private static readonly TimeSpan AwayMax = TimeSpan.FromSeconds(30);

    private volatile string? _away = "not connected yet";

    /// <summary>Why the work is not done now; null while it is.</summary>
    public string? Away => _away;

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var link = await NatsLink.OpenAsync(connection, logging, stoppingToken);
                await using var work = await begin(link, stoppingToken);
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
                    Log.NatsAway(log, failure.Message);
                }

                _away = failure.Message;
            }

            await Task.Delay(LookEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The client connects again by itself; returns when it did not for too long.</summary>
    private async Task WatchAsync(NatsLink link, CancellationToken stoppingToken)
    {
        var seen = time.GetTimestamp();
        while (time.GetElapsedTime(seen) < AwayMax)
        {
            var isConnected = link.IsConnected;
            seen = isConnected ? time.GetTimestamp() : seen;
            if (isConnected && look is not null)
            {
                await look(link, stoppingToken);
            }

            _away = isConnected ? null : "the connection is lost, and is tried again";
            await Task.Delay(LookEvery, time, stoppingToken);
        }
    }
}
