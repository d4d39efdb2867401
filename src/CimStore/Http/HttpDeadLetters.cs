using System.Runtime.CompilerServices;
using CimStore.Engine;

namespace CimStore.Http;

/// <summary>The dead letters of a node.</summary>
public sealed class HttpDeadLetters : IDeadLetters, IDisposable
{
    private const int PageSize = 1000;

    private readonly NodeChannel _node;

    public HttpDeadLetters(CimStoreHttpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _node = NodeChannel.Connect(options);
    }

    public async IAsyncEnumerable<WireTypes.DeadLetterItem> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            var query = new QueryText();
            query.Add("after", after);
            query.Add("limit", Routes.Number(PageSize));
            using var message = new HttpRequestMessage(HttpMethod.Get, $"{Routes.Api}/dead-letters{query}");
            var page = await _node.AskAsync(message, WireJson.Of<WireTypes.DeadLetterPage>(), cancellationToken);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            after = page.Next;
        }
        while (after is not null);
    }

    public async ValueTask<WireTypes.DeadLetterReply?> FindAsync(string id, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Routes.DeadLetter(id));
        return await _node.FindAsync(message, WireJson.Of<WireTypes.DeadLetterReply>(), cancellationToken);
    }

    public async ValueTask<WireTypes.ForeignAcknowledgement?> ReplayAsync(
        string id, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Routes.DeadLetter(id) + "/replay");
        return await _node.FindAsync(message, WireJson.Of<WireTypes.ForeignAcknowledgement>(), cancellationToken);
    }

    public async ValueTask<bool> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Delete, Routes.DeadLetter(id));
            using var response = await _node.SendAsync(message, cancellationToken);
            return true;
        }
        catch (RefusedException refused) when (refused.Refusal.Code == "dead-letter-not-found")
        {
            return false;
        }
    }

    public void Dispose() => _node.Dispose();
}
