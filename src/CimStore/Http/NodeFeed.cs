using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>
/// A feed of server-sent events whose ids are LSNs; a broken connection is taken up after the last one seen.
/// </summary>
internal sealed class NodeFeed(NodeChannel node, string path, bool endless)
{
    private static readonly TimeSpan ResumeDelayMax = TimeSpan.FromSeconds(5);

    public async IAsyncEnumerable<T> ReadAsync<T>(
        Lsn after, SseItemParser<T> parse, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var failures = 0;
        while (true)
        {
            var broken = default(Exception);
            await using var items = OpenAsync(after, parse, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception failure) when (IsBreak(failure, cancellationToken))
                {
                    broken = failure;
                    break;
                }

                failures = 0;
                after = items.Current.Id;
                yield return items.Current.Value;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (broken is null && !endless)
            {
                yield break;
            }

            if (++failures > node.ResumesMax)
            {
                throw new LocationException(
                    LocationFault.Offline,
                        $"The feed ended {failures} times without a new event: {broken?.Message}", broken);
            }

            await Task.Delay(Delay(failures), cancellationToken);
        }
    }

    /// <summary>A node that went away comes back; a refusal stays one.</summary>
    private static bool IsBreak(Exception failure, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && failure is IOException or HttpRequestException or LocationException { Fault: not LocationFault.Full };

    private static TimeSpan Delay(int failures) =>
        failures == 1
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Min(ResumeDelayMax.TotalMilliseconds, 50 * Math.Pow(2, failures)));

    private async IAsyncEnumerable<(Lsn Id, T Value)> OpenAsync<T>(
        Lsn after, SseItemParser<T> parse, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.Accept.ParseAdd(WireHeaders.EventStreamMediaType);
        Routes.AddHeader(message, WireHeaders.LastEventId, after == Lsn.None ? null : after.ToString());
        using var response = await node.SendAsync(message, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var parser = SseParser.Create(body, parse);
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            var id = ulong.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var lsn)
                ? new Lsn(lsn)
                : after;
            yield return (id, item.Data);
        }
    }
}
