using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Engine;
using CimStore.Journal;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>
/// <see cref="IStorageClient"/> over a node's HTTP API. It proves whole contents against their CID as they arrive;
/// ranges
/// are taken from the node as given (D37: nodes are trusted, locations are not).
/// </summary>
public sealed partial class HttpStorageClient : IStorageClient, IOperatorClient
{
    private const int PageSize = 1000;

    private readonly NodeChannel _node;

    public HttpStorageClient(CimStoreHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _node = NodeChannel.Connect(options);
    }

    /// <summary>Uses the caller's <paramref name="http"/>, which is disposed with this client.</summary>
    public HttpStorageClient(HttpClient http, CimStoreHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        _node = new NodeChannel(NodeChannel.Prepare(http, options), options);
    }

    public async ValueTask<IContentReader?> OpenAsync(
        Cid cid, RetrieveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Object(cid) + "?open=true");
        AddRetrieve(message, request);
        var record = await _node.FindAsync(message, WireJson.Of<ObjectRecord>(), cancellationToken);
        return record is null ? null : new HttpContentReader(_node, cid, record, request);
    }

    public async ValueTask<int?> ReadAsync(
        Cid cid, RetrieveRequest request, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var reader = await OpenAsync(cid, request, cancellationToken);
        return await BlockPipeWriter.ReadAsync(reader, offset, destination, cancellationToken);
    }

    public async ValueTask<ObjectRecord?> StatAsync(Cid cid, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Object(cid));
        return await _node.FindAsync(message, WireJson.Of<ObjectRecord>(), cancellationToken);
    }

    public async IAsyncEnumerable<ObjectRecord> ListAsync(
        Cid? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            var query = new QueryText();
            query.Add("after", after?.ToString());
            query.Add("limit", Routes.Number(PageSize));
            using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/objects{query}");
            var page = await _node.AskAsync(message, WireJson.Of<WireTypes.ObjectPage>(), cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            after = page.Next;
        }
        while (after is not null);
    }

    public async ValueTask<DeleteResult> DeleteAsync(
        Cid cid, DeleteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = new QueryText();
        Routes.AddReference(query, request.Reference);
        query.Add("grace", request.Grace?.ToString("c"));
        using var message = new HttpRequestMessage(HttpMethod.Delete, Routes.Content(cid) + query);
        Routes.AddIdentity(message, request.Identity);
        return await _node.AskAsync(message, WireJson.Of<DeleteResult>(), cancellationToken);
    }

    public async ValueTask<CopiesResult> ReplicateAsync(
        Cid cid, ReplicateRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var route = $"{Routes.Object(cid)}/replicate?factor={Routes.Number(request.Factor)}"
            + (request.IsAtLeast ? "&at-least=true" : "");
        using var message = new HttpRequestMessage(HttpMethod.Post, route);
        Routes.AddIdentity(message, request.Identity);
        return await _node.AskAsync(message, WireJson.Of<CopiesResult>(), cancellationToken);
    }

    public async ValueTask<CopiesResult> MigrateAsync(
        Cid cid, MigrateRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var route = $"{Routes.Object(cid)}/migrate?tier={request.Tier}";
        using var message = new HttpRequestMessage(HttpMethod.Post, route);
        Routes.AddIdentity(message, request.Identity);
        return await _node.AskAsync(message, WireJson.Of<CopiesResult>(), cancellationToken);
    }

    public async ValueTask ObserveAsync(RetrieveRequest request, Cid? about, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.AtLeast == Lsn.None)
        {
            return;
        }

        using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/version");
        AddRetrieve(message, request);
        using var response = await _node.SendAsync(message, cancellationToken);
    }

    public async ValueTask<VerifyResult?> VerifyAsync(Cid cid, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Routes.Object(cid) + "/verify");
        return await _node.FindAsync(message, WireJson.Of<VerifyResult>(), cancellationToken);
    }

    public async ValueTask<Explanation?> ExplainAsync(Cid cid, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Object(cid) + "/explain");
        return await _node.FindAsync(message, WireJson.Of<Explanation>(), cancellationToken);
    }

    public async ValueTask<NodeStatus> StatusAsync(CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/status");
        return await _node.AskAsync(message, WireJson.Of<NodeStatus>(), cancellationToken);
    }

    public IAsyncEnumerable<JournalEntry> EventsAsync(Lsn after, bool follow, CancellationToken cancellationToken) =>
        new NodeFeed(_node, $"{Routes.Api}/events?follow={(follow ? "true" : "false")}", endless: follow)
            .ReadAsync(after, (_, data) => EventEnvelope.Read(data), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _node.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static void AddRetrieve(HttpRequestMessage message, RetrieveRequest request)
    {
        Routes.AddHeader(message, WireHeaders.AtLeast, request.AtLeast == Lsn.None ? null : request.AtLeast.ToString());
        Routes.AddIdentity(message, request.Identity);
    }

    private static ByteArrayContent JsonBody<T>(T value)
    {
        var body = new ByteArrayContent(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value, WireJson.Of<T>()));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return body;
    }
}
