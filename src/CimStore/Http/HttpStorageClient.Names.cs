using System.Runtime.CompilerServices;
using System.Text.Json;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Http;

public sealed partial class HttpStorageClient
{
    public async ValueTask<NameRecord> SetNameAsync(NameSetRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = NameMessage(HttpMethod.Put, request);
        message.Content = JsonBody(new WireTypes.NameTarget(request.Cid));
        return await _node.AskAsync(message, WireJson.Of<NameRecord>(), cancellationToken);
    }

    public async ValueTask<NameRecord> DeleteNameAsync(NameSetRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = NameMessage(HttpMethod.Delete, request);
        return await _node.AskAsync(message, WireJson.Of<NameRecord>(), cancellationToken);
    }

    public async ValueTask<NameRecord?> FindNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken)
    {
        // A deleted name is gone for a reader of HTTP (404), but its record is an answer here.
        var query = OwnerQuery(space.Owner);
        query.Add("deleted", "true");
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Name(space.Namespace, name) + query);
        return await _node.FindAsync(message, WireJson.Of<NameRecord>(), cancellationToken);
    }

    public async IAsyncEnumerable<NameRecord> ListNamesAsync(
        OwnedSpace space, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            var query = OwnerQuery(space.Owner);
            query.Add("after", after);
            query.Add("limit", Routes.Number(PageSize));
            using var message = new HttpRequestMessage(HttpMethod.Get, Routes.Names(space.Namespace) + query);
            var page = await _node.AskAsync(message, WireJson.Of<WireTypes.NamePage>(), cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            after = page.Next;
        }
        while (after is not null);
    }

    public async IAsyncEnumerable<NameRecord> NameHistoryAsync(
        OwnedSpace space, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Lsn? before = null;
        do
        {
            var query = OwnerQuery(space.Owner);
            query.Add("before", before?.ToString());
            query.Add("limit", Routes.Number(PageSize));
            using var message = new HttpRequestMessage(
                HttpMethod.Get, Routes.Name(space.Namespace, name) + "/history" + query);
            var page = await _node.FindAsync(message, WireJson.Of<WireTypes.NameHistoryPage>(), cancellationToken);
            if (page is null)
            {
                yield break;
            }

            foreach (var item in page.Items)
            {
                yield return item;
            }

            before = page.Next;
        }
        while (before is not null);
    }

    public IAsyncEnumerable<NameRecord> WatchNameAsync(
        OwnedSpace space, string name, CancellationToken cancellationToken) =>
        new NodeFeed(_node, Routes.Name(space.Namespace, name) + "/watch" + OwnerQuery(space.Owner), endless: true)
            .ReadAsync(Lsn.None, ParseName, cancellationToken);

    private static NameRecord ParseName(string type, ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, WireJson.Of<NameRecord>())
                ?? throw new InvalidDataException("The node sent a name without a value.");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"The node sent a name that cannot be read: {broken.Message}", broken);
        }
    }

    private static QueryText OwnerQuery(OwnerId owner)
    {
        var query = new QueryText();
        query.Add("owner", owner == OwnerId.Local ? null : owner.Name);
        return query;
    }

    private static HttpRequestMessage NameMessage(HttpMethod method, NameSetRequest request)
    {
        var query = OwnerQuery(request.Owner);
        var message = new HttpRequestMessage(method, Routes.Name(request.Namespace, request.Name) + query);
        Routes.AddHeader(message, "If-Match", request.Expected is { } expected ? $"\"{expected}\"" : null);
        Routes.AddHeader(message, "If-None-Match", request.MustBeNew ? "*" : null);
        Routes.AddIdentity(message, request.Identity);
        return message;
    }
}
