using System.Runtime.CompilerServices;
using CimStore.Content;

namespace CimStore.Engine;

/// <summary>Verifies everything that is stored, while others store and delete.</summary>
internal static class AllContents
{
    /// <summary>What is verified at once shares the sync of what it journals; 16 x 1 MiB of buffers.</summary>
    public const int AtOnceMax = 16;

    /// <returns>In the order of the listing. Null: it is listed still, and could not be verified.</returns>
    public static async IAsyncEnumerable<(Cid Cid, long SizeBytes, VerifyResult? Result)> VerifyAsync(
        IStorageClient client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answers = Overlapping.AskAsync(
            client.ListAsync(null, cancellationToken),
            async record => (record.Key.Cid, record.SizeBytes, await client.VerifyAsync(
                record.Key.Cid, cancellationToken)),
            AtOnceMax, cancellationToken);
        await foreach (var (cid, size, result) in answers)
        {
            // Deleted since it was listed: there is nothing to be proved any more.
            if (result is not null || await client.StatAsync(cid, cancellationToken) is { IsPresent: true })
            {
                yield return (cid, size, result);
            }
        }
    }
}
