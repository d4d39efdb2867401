using System.Runtime.CompilerServices;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Http;

// A check of the whole store: it runs in the node, which tells what it finds line by line.
public sealed partial class HttpStorageClient
{
    public IAsyncEnumerable<CheckStep> CheckAsync(CheckRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return StepsAsync($"{Routes.Api}/check{(request.IsQuick ? "?quick=true" : "")}", cancellationToken);
    }

    private async IAsyncEnumerable<CheckStep> StepsAsync(
        string route, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, route);
        using var response = await _node.SendAsync(message, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var lines = JsonSerializer.DeserializeAsyncEnumerable(
            body, WireJson.Of<WireTypes.CheckLine>(), topLevelValues: true, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(lines, cancellationToken) is { Result: null } line)
        {
            if (line.Problem is { } problem)
            {
                throw ProblemTable.ToException(problem);
            }

            if (line.Progress is { } progress)
            {
                yield return new CheckStep.Working(progress.What, progress.Items, progress.SizeBytes)
                {
                    Cursor = progress.Cursor,
                };
            }

            if (line.Finding is { } finding)
            {
                yield return new CheckStep.Found(finding.What, finding.Ok, finding.Detail)
                {
                    IsUnread = finding.Unread ?? false,
                };
            }
        }
    }

    /// <summary>What was found before it broke off was told; only the last line says that it was all.</summary>
    private static async ValueTask<WireTypes.CheckLine> NextAsync(
        IAsyncEnumerator<WireTypes.CheckLine?> lines, CancellationToken cancellationToken)
    {
        Exception? cause = null;
        try
        {
            if (await lines.MoveNextAsync() && lines.Current is { } line)
            {
                return line;
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or JsonException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            cause = broken;
        }

        throw new LocationException(
            LocationFault.Offline,
            "It was cut off: the node stopped, or the connection to it broke. What was found so far was told; run it "
            + "again when the node answers.",
            cause);
    }
}
