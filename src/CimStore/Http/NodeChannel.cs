using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CimStore.Engine;
using CimStore.Locations;

namespace CimStore.Http;

/// <summary>
/// One node's HTTP connection pool: sends, and turns every failure into the exception the engine would throw.
/// </summary>
internal sealed class NodeChannel(HttpClient http, CimStoreHttpOptions options) : IDisposable
{
    // A problem is a page of text; a node that sends more is none of ours.
    private const int ProblemSizeMaxBytes = 64 * 1024;

    public int ResumesMax => options.ResumesMax;

    public static NodeChannel Connect(CimStoreHttpOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            Expect100ContinueTimeout = TimeSpan.FromSeconds(2),
        };
        return new NodeChannel(Prepare(new HttpClient(handler, disposeHandler: true), options), options);
    }

    /// <summary>Takes over a client that the caller configured (a factory's, a test server's).</summary>
    public static HttpClient Prepare(HttpClient http, CimStoreHttpOptions options)
    {
        http.BaseAddress ??= options.Address;

        // Content of any size: only the caller's token ends a transfer.
        http.Timeout = Timeout.InfiniteTimeSpan;
        if (options.Token is { } token)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        }

        return http;
    }

    /// <summary>Sends and returns at the headers of a success; anything else is thrown.</summary>
    public async ValueTask<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await ExchangeAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ReadFailureAsync(response, cancellationToken);
        }
    }

    /// <summary>Sends; null when the node answers that it has no such thing.</summary>
    public async ValueTask<T?> FindAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await AskAsync(request, type, cancellationToken);
        }
        catch (RefusedException refused) when (refused.Refusal.Code is "not-found-here" or "name-not-found"
            or "dead-letter-not-found" or "job-not-found")
        {
            return null;
        }
    }

    public async ValueTask<T> AskAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await SendAsync(request, cancellationToken);
        return await ReadAsync(response, type, cancellationToken);
    }

    public static async ValueTask<T> ReadAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw new LocationException(LocationFault.Unknown, "The node answered null.");
        }
        catch (Exception broken) when (broken is JsonException or IOException or HttpRequestException)
        {
            throw new LocationException(
                LocationFault.Unknown, $"The node's answer cannot be read: {broken.Message}", broken);
        }
    }

    public void Dispose() => http.Dispose();

    private async ValueTask<HttpResponseMessage> ExchangeAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception) when (request.Content is PipeContent { SourceFailure: { } source })
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(source);
            throw;
        }
        catch (HttpRequestException failure)
        {
            throw Translate(request, failure);
        }
    }

    private LocationException Translate(HttpRequestMessage request, HttpRequestException failure)
    {
        var unreached = failure.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError;
        return unreached
            ? new LocationException(
                LocationFault.Offline, $"The node at {options.Address} cannot be reached: {failure.Message}", failure)
            : new LocationException(
                LocationFault.Unknown,
                $"The connection to {options.Address} broke ({failure.Message}). {NextStep(request)}",
                failure);
    }

    /// <summary>Whether the node did it is not known here; what to do depends on what was asked.</summary>
    private static string NextStep(HttpRequestMessage request)
    {
        // It has the node's address in front once it was sent.
        var path = request.RequestUri is { IsAbsoluteUri: true } sent ? sent.AbsolutePath : "";
        if (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head
            || path.Contains("/check", StringComparison.Ordinal) || path.EndsWith("/verify", StringComparison.Ordinal))
        {
            return "Nothing was to be changed: ask again.";
        }

        const string Unknown = "Whether the node did it is not known";
        if (path.StartsWith($"{Routes.Api}/dead-letters", StringComparison.Ordinal))
        {
            return $"{Unknown}: 'cimstore dead-letters list' shows whether it is still there; asking again does no "
                + "harm.";
        }

        var isStore = path.StartsWith($"{Routes.Api}/content", StringComparison.Ordinal)
            || path.StartsWith($"{Routes.Api}/batch", StringComparison.Ordinal);
        return isStore && request.Method != HttpMethod.Delete
            ? $"{Unknown}: put the same content again, which stores it once and answers with the same CID, or ask "
                + "whether it is there ('cimstore stat CID')."
            : isStore
                ? $"{Unknown}: 'cimstore stat CID' shows which references are left; deleting again takes nothing more."
                : $"{Unknown}: 'cimstore name get NAME' shows what it names now; setting it again to the same CID "
                    + "does no harm.";
    }

    private static async ValueTask<Exception> ReadFailureAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            if (response.Content.Headers.ContentType?.MediaType == Problem.MediaType
                && response.Content.Headers.ContentLength is null or <= ProblemSizeMaxBytes
                && await response.Content.ReadFromJsonAsync(WireJson.Of<Problem>(), cancellationToken) is { } problem)
            {
                return ProblemTable.ToException(problem);
            }
        }
        catch (Exception broken) when (broken is JsonException or IOException or HttpRequestException)
        {
            // The status alone has to do.
        }

        var status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return response.StatusCode == HttpStatusCode.NotFound
            ? new RefusedException(new Refusal("no-such-route", "The node does not know this resource."))
            : new LocationException(LocationFault.Unknown, $"The node answered {status} without saying why.");
    }
}
